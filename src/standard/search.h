// Finding rows of the catalogue by what people type: identifiers in any spelling ("sr5.2 re(1)"), names, words. The
// entries point into constant data and stay valid for ever; any thread.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "standard/catalogue.h"

namespace rampart::standard {

/// Entry is one row of one table.
using Entry = std::variant<const Requirement*, const Clause*, const Part*, const Foundational*, const SecurityLevel*,
                           const Tactic*, const Technique*, const Mitigation*, const Term*>;

/// id_of is what an entry is called by ("SR 5.2", "SL 3", "zone"), title_of its short title, text_of its sentence
/// (empty for ATT&CK, whose sentences are not copied).
std::string_view id_of(const Entry& entry);
std::string_view title_of(const Entry& entry);
std::string_view text_of(const Entry& entry);

/// key_of takes case, spaces and punctuation out of an identifier, so that "SR 5.2 RE 1", "sr5.2 re(1)" and
/// "SR 5.2 (1)" become the same.
std::string key_of(std::string_view typed);

/// lookup finds the one row whose identifier, code or whole name was typed; nothing where there is none. An identifier
/// goes before a code ("DC"), a code before a name, and a term comes last.
std::optional<Entry> lookup(std::string_view typed);

/// search finds the rows in which every word typed occurs, in identifier, title or sentence: best first, at most
/// `limit`. A word in a title weighs more than one in a sentence, a whole word more than a part of one.
std::vector<Entry> search(std::string_view typed, size_t limit);

/// suggest names at most `limit` identifiers or names that are spelt nearly as what was typed.
std::vector<std::string_view> suggest(std::string_view typed, size_t limit);

}  // namespace rampart::standard
