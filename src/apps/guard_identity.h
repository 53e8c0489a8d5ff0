// The folder of a gateway's certificate, while the gateway runs.
#pragma once

#include <future>
#include <memory>
#include <string>

#include "net/tls.h"

namespace rampart::apps {

/// Identity is the folder of our certificate as it was at the start, and looked at again while the gateway runs.
class Identity {
 public:
  /// Errors: throws Error where the folder is not well. Empty: there is none.
  explicit Identity(std::string folder);
  const std::shared_ptr<const net::TlsContext>& context() const { return context_; }

  /// is_new is true where the folder holds something new, or it was `asked`; not before no file changed for one call,
  /// so that a key and its certificate are taken together.
  bool is_new(bool asked);
  /// read reads it beside the traffic: a key in a token takes its time. What get() throws is what is not well.
  std::future<std::shared_ptr<const net::TlsContext>> read() const;

 private:
  std::string folder_, stamp_, read_;
  std::shared_ptr<const net::TlsContext> context_;
};

}  // namespace rampart::apps
