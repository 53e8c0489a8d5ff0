#include "firewall/helper/keeper.h"

#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "base/files.h"
#include "firewall/nft_json.h"

namespace rampart::firewall {
namespace {

Answer refused(const std::string& why) { return {Result::refused, {why.begin(), why.end()}}; }
Answer failed(const std::string& why) { return {Result::failed, {why.begin(), why.end()}}; }

/// remove_file makes it certain that `path` is gone, also after a crash.
void remove_file(const std::string& folder, const std::string& path) {
  if (unlink(path.c_str()) != 0 && errno != ENOENT) throw file_error("remove", path, errno);
  sync_folder(folder);
}

}  // namespace

Keeper::Keeper(std::string folder, Kernel& kernel, const Clock& clock)
    : folder_(std::move(folder)), kernel_(kernel), clock_(clock), confirmed_(read("rules")) {}

std::optional<Keeper::Loaded> Keeper::read(const std::string& name) const {
  const auto bytes = read_file(path(name.c_str()), kMostRequest);
  if (!bytes) return {};
  Loaded loaded;
  std::string why;
  if (bytes->size() > loaded.digest.size()) {
    std::copy_n(bytes->begin(), loaded.digest.size(), loaded.digest.begin());
    loaded.rules.assign(bytes->begin() + static_cast<std::ptrdiff_t>(loaded.digest.size()), bytes->end());
  }
  if (!decode(loaded.rules, why)) {
    throw Error("cannot use " + path(name.c_str()) + ": it holds no rule set: " + why,
                "remove it; then apply the plant again");
  }
  return loaded;
}

void Keeper::keep(const Loaded& loaded) {
  std::vector<uint8_t> bytes(loaded.digest.begin(), loaded.digest.end());
  bytes.insert(bytes.end(), loaded.rules.begin(), loaded.rules.end());
  replace_file(path("rules"), bytes, 0600);
}

bool Keeper::there(std::string& error) {
  const auto listing = kernel_.listing(error);
  return listing && !listing->empty();
}

void Keeper::start() {
  if (read_file(path("waiting"), 16)) {
    go_back("rolled back: the helper ended before the rules were confirmed");
    return;
  }
  std::string error;
  if (!confirmed_ || there(error)) return;
  if (!error.empty()) throw Error("cannot see which rules are loaded: " + error);
  const auto rules = decode(confirmed_->rules, error);
  if (!rules || !kernel_.load(nft_json(*rules), error)) throw Error("cannot load the confirmed rules: " + error);
  last_ = "loaded at the start";
}

void Keeper::go_back(const std::string& why) {
  waiting_.reset();
  std::string error;
  const auto rules = confirmed_ ? decode(confirmed_->rules, error) : std::nullopt;
  going_back_ = why;
  if (!kernel_.load(rules ? nft_json(*rules) : nft_json_without(), error)) {
    last_ = "could not roll back yet: " + error;
    return;
  }
  last_ = going_back_;
  going_back_.clear();
  try {
    remove_file(folder_, path("waiting"));
  } catch (const std::exception& failure) {
    last_ += std::string("; ") + failure.what();
  }
}

void Keeper::tick() {
  if (!going_back_.empty()) {
    go_back(std::string(going_back_));
  } else if (waiting_ && clock_.steady() >= until_) {
    go_back("rolled back: not confirmed in time");
  }
}

Answer Keeper::load(Bytes body) {
  auto asked = decode_load(body);
  if (!asked) return refused("the request to load is malformed");
  std::string why;
  const auto rules = decode(asked->rules, why);
  if (!rules) return refused("the rule set is refused: " + why);
  if (waiting_ || !going_back_.empty()) return refused("another rule set waits for confirmation; confirm or undo it");
  if (asked->seconds == 0 && !rules->observe) return refused("rules that drop need a time to be confirmed in");
  if (!confirmed_ && there(why)) {
    return refused(
        "table inet rampart is there, and this helper did not load it; look at it, then remove it: "
        "nft delete table inet rampart");
  }
  if (!why.empty()) return failed(why);
  Loaded loaded{asked->digest, std::move(asked->rules)};
  const bool waits = asked->seconds > 0;
  // First the mark, then the rules: whatever ends us in between, what is not confirmed does not stay.
  if (waits) replace_file(path("waiting"), {}, 0600);
  if (!kernel_.load(nft_json(*rules), why)) {
    if (waits) remove_file(folder_, path("waiting"));
    return failed("nft refuses the rules, nothing was changed: " + why);
  }
  if (waits) {
    waiting_ = std::move(loaded);
    until_ = clock_.steady() + std::chrono::seconds(asked->seconds);
    last_ = "loaded, not confirmed yet";
  } else {
    keep(loaded);
    confirmed_ = std::move(loaded);
    last_ = "loaded to observe";
  }
  return {};
}

Answer Keeper::confirm(Bytes body) {
  if (!waiting_) return refused("nothing waits for confirmation" + (last_.empty() ? "" : ": " + last_));
  if (!std::equal(body.begin(), body.end(), waiting_->digest.begin(), waiting_->digest.end())) {
    return refused("what waits for confirmation is another rule set than the plant gives");
  }
  keep(*waiting_);
  confirmed_ = std::move(*waiting_);
  waiting_.reset();
  last_ = "confirmed";
  remove_file(folder_, path("waiting"));
  return {};
}

Answer Keeper::status() const {
  Status status;
  status.last = last_;
  if (waiting_) {
    const auto left = std::chrono::ceil<std::chrono::seconds>(until_ - clock_.steady()).count();
    status.state = Status::State::waiting;
    status.digest = waiting_->digest;
    status.seconds = static_cast<uint16_t>(std::clamp<int64_t>(left, 0, kLongestWait));
  } else if (confirmed_) {
    status.state = Status::State::confirmed;
    status.digest = confirmed_->digest;
  }
  return {Result::done, encode(status)};
}

Answer Keeper::in_force() const {
  const auto& loaded = waiting_ ? waiting_ : confirmed_;
  return {Result::done, loaded ? loaded->rules : std::vector<uint8_t>()};
}

Answer Keeper::answer(Ask kind, Bytes body) {
  const auto told = [](const std::optional<std::string>& text, const std::string& error) {
    return text ? Answer{Result::done, {text->begin(), text->end()}} : failed(error);
  };
  std::string error;
  try {
    switch (kind) {
      case Ask::load:
        return load(body);
      case Ask::confirm:
        return confirm(body);
      case Ask::undo:
        if (!waiting_) return refused("nothing waits for confirmation");
        go_back("rolled back: asked to");
        return going_back_.empty() ? Answer{} : failed(last_);
      case Ask::status:
        return status();
      case Ask::rules:
        return in_force();
      case Ask::listing: {
        const auto listing = kernel_.listing(error);
        return told(listing, error);
      }
      case Ask::flows: {
        const auto flows = kernel_.flows(error);
        return told(flows, error);
      }
    }
  } catch (const std::exception& failure) {
    return failed(failure.what());
  }
  return refused("unknown request");
}

}  // namespace rampart::firewall
