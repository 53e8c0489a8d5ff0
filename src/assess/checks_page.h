// docs/checks.md: which facts bear on which aspect of which row, written from the tables that the judge reads.
#pragma once

#include <string>

namespace rampart::assess {

/// append_checks_page writes the whole page, in Markdown. A test holds docs/checks.md against it.
void append_checks_page(std::string& out);

}  // namespace rampart::assess
