// Private to gate.cpp: what one message says, kept until it is judged as a whole.
#pragma once

#include <string_view>
#include <vector>

#include "gateway/judge.h"
#include "protocols/decoder.h"

namespace rampart::gateway {

/// Collector keeps what one message says until it is judged as a whole. Its memory is used again for the next.
class Collector final : public protocols::Sink {
 public:
  struct Asking {
    protocols::OwnedOperation operation;
    Ruling ruling;
  };

  void begin(const Judge& judge, const Talk& talk, Direction direction) {
    judge_ = &judge;
    talk_ = &talk;
    direction_ = direction;
    clear();
  }
  void clear() {
    asked = told = 0;
    deviates = forbidden = {};
  }
  bool empty() const { return asked == 0 && told == 0; }

  void operation(const protocols::Operation& operation) override {
    if (asked == asking.size()) asking.emplace_back();
    asking[asked++].operation.assign(operation);
  }
  void answer(const protocols::Answer& answer) override {
    if (told == answers.size()) {
      answers.emplace_back();
      storage_.emplace_back();
    }
    protocols::own(answer, answers[told], storage_[told]);
    ++told;
  }
  void attribute(const protocols::Attribute&) override {}
  void protection(const protocols::Protection&) override {}
  void deviation(std::string_view name) override {
    deviates = name;
    if (!judge_->may_deviate(*talk_, direction_, name)) forbidden = name;
  }

  std::vector<Asking> asking;  // the first `asked` are of this message
  std::vector<protocols::Answer> answers;
  size_t asked = 0, told = 0;
  std::string_view deviates{}, forbidden{};  // the last deviation, and the last that the plant does not list

 private:
  std::vector<std::vector<uint8_t>> storage_;  // what `answers` borrow from
  const Judge* judge_ = nullptr;
  const Talk* talk_ = nullptr;
  Direction direction_{};
};

}  // namespace rampart::gateway
