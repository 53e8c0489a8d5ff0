// `rampart journal export`: records in the words of others, to a file or to a collector over TLS (RFC 5425).
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <memory>

#include "apps/arguments.h"
#include "apps/commands.h"
#include "apps/holding.h"
#include "apps/output.h"
#include "apps/stop_signal.h"
#include "apps/version.h"
#include "apps/walk.h"
#include "journal/verify.h"
#include "net/tls_client.h"
#include "records/exports.h"

namespace rampart::apps {
namespace {

constexpr uint16_t kSyslogOverTls = 6514;
constexpr auto kPatience = std::chrono::seconds(15);
constexpr size_t kSendOctets = size_t{64} << 10;

struct ExportArguments {
  std::string folder, format, file, to, ca, certificate, private_key, server_name;
  FilterArguments filter;
};

using AppendRecord = void (*)(std::string& out, const records::Stored& stored, uint64_t number,
                              const records::Origin& origin);

void append_jsonl(std::string& out, const records::Stored& stored, uint64_t number, const records::Origin&) {
  records::append_json(out, stored, number);
}

AppendRecord writer_of(const std::string& format) {
  if (format == "syslog") return records::append_syslog;
  if (format == "cef") return records::append_cef;
  if (format == "ocsf") return records::append_ocsf;
  return append_jsonl;
}

/// Teller is who tells: the names in every exported record.
struct Teller {
  std::string host, journal;
  records::Origin origin() const { return {.host = host, .journal = journal, .version = kVersion}; }
};

Teller teller_of(const journal::Layout& layout) {
  char host[256] = "";
  if (gethostname(host, sizeof host - 1) != 0 || host[0] == '\0') host[0] = '-';
  const auto keys = journal::verifier_keys(layout);
  return {host, keys.empty() ? std::string() : keys.front().name};
}

void to_file(const ExportArguments& arguments, Walk& walk, const StopSignal& stop, Reading& reading) {
  const Teller teller = teller_of({arguments.folder});
  const AppendRecord append_one = writer_of(arguments.format);
  Output output(arguments.file);
  while (!stop.asked() && !output.failed()) {
    const auto found = walk.next();
    if (!found) break;
    append_one(output.text(), found->stored, found->number, teller.origin());
    if (!output.text().ends_with('\n')) output.text() += '\n';
    output.spill();
    reading.saw(found->number);
  }
  output.flush();
  if (!output.closed_by_reader()) output.close();
}

void to_collector(const ExportArguments& arguments, Walk& walk, const StopSignal& stop, Reading& reading,
                  const Clock& clock) {
  const HostPort place = require_host(arguments.to, kSyslogOverTls);
  const Teller teller = teller_of({arguments.folder});
  auto client = net::TlsClient::connect(place.host, place.port,
                                        {.ca_file = arguments.ca,
                                         .certificate_file = arguments.certificate,
                                         .key_file = arguments.private_key,
                                         .name = arguments.server_name},
                                        clock, kPatience);
  std::string message;
  std::string waiting;
  while (!stop.asked()) {
    const auto found = walk.next();
    if (!found) break;
    message.clear();
    records::append_syslog(message, found->stored, found->number, teller.origin());
    waiting += std::to_string(message.size()) + " " + message;  // octet counting, RFC 5425 section 4.3
    reading.saw(found->number);
    if (waiting.size() < kSendOctets) continue;
    client.write_all(as_bytes(waiting), kPatience);
    waiting.clear();
  }
  client.write_all(as_bytes(waiting), kPatience);
  client.close(kPatience);
}

void check(const ExportArguments& arguments) {
  const bool tlog = arguments.format == "tlog";
  if (!arguments.to.empty() && arguments.format != "syslog") {
    throw UsageError("--to sends syslog over TLS; " + arguments.format + " goes to a file",
                     "write --format syslog, or -o FILE instead of --to");
  }
  if (!arguments.to.empty() && !arguments.file.empty()) throw UsageError("-o and --to exclude each other", "");
  const bool tls = !arguments.ca.empty() || !arguments.certificate.empty() || !arguments.private_key.empty();
  if (tls && arguments.to.empty()) throw UsageError("--ca, --certificate and --private-key need --to HOST:PORT", "");
  if (arguments.certificate.empty() != arguments.private_key.empty()) {
    throw UsageError("--certificate and --private-key come together", "");
  }
  if (tlog && (arguments.file.empty() || arguments.file == "-")) {
    throw UsageError("--format tlog makes a folder of tiles: -o must name it",
                     "an empty one, or one that is not there");
  }
}

int export_command(ExportArguments arguments, const Clock& clock) {
  check(arguments);
  if (!arguments.to.empty()) require_host(arguments.to, kSyslogOverTls);
  const journal::Layout layout{arguments.folder};
  const Selection chosen = selection(arguments.filter, layout, clock.now());
  const bool tlog = arguments.format == "tlog";
  if (tlog && !chosen.everything()) throw UsageError("--format tlog exports the whole tree: no filters", "");
  if (arguments.file.empty()) arguments.file = "-";
  Walk walk(arguments.folder, chosen);
  const StopSignal stop;
  Reading reading(arguments.folder, "export " + arguments.format, chosen.text(),
                  arguments.to.empty() ? arguments.file : arguments.to, clock);
  uint64_t tiles = 0;
  recorded(reading, [&] {
    if (tlog) {
      tiles = journal::export_tlog(arguments.folder, arguments.file);
    } else if (arguments.to.empty()) {
      to_file(arguments, walk, stop, reading);
    } else {
      to_collector(arguments, walk, stop, reading, clock);
    }
  });
  std::fprintf(stderr, "rampart: exported %llu records\n",
               static_cast<unsigned long long>(tlog ? tiles : reading.records()));
  if (stop.asked()) {
    std::fprintf(stderr, "rampart: stopped before the end\n");
    return 1;
  }
  if (walk.unreadable() == 0) return 0;
  std::fprintf(stderr,
               "rampart: %llu records cannot be read and are left out\n  rampart journal verify %s says which\n",
               static_cast<unsigned long long>(walk.unreadable()), arguments.folder.c_str());
  return 1;
}

}  // namespace

void declare_journal_export(CLI::App& journal, Chosen& chosen) {
  auto* command = journal.add_subcommand("export", "Export records: to a file, or as syslog over TLS");
  const auto arguments = std::make_shared<ExportArguments>();
  command->add_option("folder", arguments->folder, "folder of the journal")->required();
  command->add_option("--format", arguments->format, "jsonl, syslog (RFC 5424), cef, ocsf, tlog (C2SP tiles)")
      ->required()
      ->check(CLI::IsMember({"jsonl", "syslog", "cef", "ocsf", "tlog"}));
  command->add_option("-o", arguments->file, "file to write (- is standard output); tlog: a folder");
  command->add_option("--to", arguments->to, "collector of syslog over TLS, HOST:PORT (port 6514)");
  command->add_option("--ca", arguments->ca, "certificates to trust (PEM); without it the system's");
  command->add_option("--certificate", arguments->certificate, "our certificate (PEM), where the collector wants one");
  command->add_option("--private-key", arguments->private_key, "its key (PEM)");
  command->add_option("--server-name", arguments->server_name,
                      "name in the collector's certificate, where it is not HOST");
  declare_filter(*command, arguments->filter, false);
  command->callback([arguments, &chosen] {
    chosen = [arguments](std::string&) {
      const SystemClock clock;
      return export_command(*arguments, clock);
    };
  });
}

}  // namespace rampart::apps
