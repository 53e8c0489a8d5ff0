#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <iterator>

#include "plant/draft.h"

namespace rampart::plant {

namespace {

Loaded failed(const std::string& file, std::string what, std::string hint) {
  Loaded loaded;
  loaded.plant.file = file;
  Problem problem;
  problem.file = file;
  problem.what = std::move(what);
  problem.hint = std::move(hint);
  loaded.problems.push_back(std::move(problem));
  return loaded;
}

Loaded too_large(const std::string& file) {
  return failed(file, "larger than 16 MiB", "a plant file holds one plant; values and records belong elsewhere");
}

void read(Problems& problems, Draft& draft) {
  if (!check_bytes(problems)) return;
  const Tree tree = parse(problems);
  if (tree.root() == kNoNode) {
    if (!problems.any_error()) problems.error({}, "an empty file", "begin with `rampart: 1`");
    return;
  }
  Reader reader(tree, problems);
  read_plant(reader, draft);
  // What a file that breaks off refers to may have come later.
  if (!tree.complete()) return;
  resolve(reader, draft);
  check_addresses(reader, draft);
  check_gateways(reader, draft);
}

}  // namespace

Loaded load_text(std::string text, const std::string& file) {
  const Limits limits;
  if (text.size() > limits.bytes) return too_large(file);
  Loaded loaded;
  Draft draft;
  Problems problems(text, file, limits);
  read(problems, draft);
  loaded.problems = problems.take();
  loaded.plant = std::move(draft.plant);
  loaded.plant.file = file;
  loaded.plant.text = std::move(text);
  return loaded;
}

Loaded load(const std::string& file) {
  errno = 0;
  std::ifstream stream(file, std::ios::binary);
  const int reason = errno;
  std::string text;
  if (stream) {
    // One octet more than allowed is read, so that a device that never ends does not matter.
    const size_t most = Limits().bytes + 1;
    char block[1 << 16];
    while (text.size() < most && stream.read(block, sizeof block).gcount() > 0) {
      text.append(block, static_cast<size_t>(stream.gcount()));
    }
  }
  if (!stream.is_open() || stream.bad()) {
    return failed(file, std::string("cannot be read: ") + std::strerror(reason != 0 ? reason : EIO),
                  "give the name of a plant file");
  }
  return load_text(std::move(text), file);
}

bool Loaded::ok() const {
  return std::all_of(problems.begin(), problems.end(), [](const Problem& problem) { return problem.warning; });
}

Plant require(Loaded loaded) {
  if (!loaded.ok()) throw FileError(std::move(loaded.problems));
  return std::move(loaded.plant);
}

}  // namespace rampart::plant
