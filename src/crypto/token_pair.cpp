#include "crypto/token_pair.h"

#include <dlfcn.h>
#include <fmt/format.h>
#include <p11-kit/pkcs11.h>

#include <algorithm>
#include <mutex>
#include <optional>
#include <utility>
#include <vector>

#include "base/error.h"
#include "crypto/secret_file.h"

namespace rampart::crypto {
namespace {

/// Shape is what PKCS#11 needs to know of a kind. Curves by PKCS#11 3.0 section 2.3.10: the PrintableString
/// "edwards25519", the object identifier of prime256v1.
struct Shape {
  CK_KEY_TYPE type;
  CK_MECHANISM_TYPE make, sign;
  Bytes curve;
  size_t point_octets;
  const char* curve_name;
  const char* unknown;
};
constexpr uint8_t kEdwards[] = {0x13, 12, 'e', 'd', 'w', 'a', 'r', 'd', 's', '2', '5', '5', '1', '9'};
constexpr uint8_t kPrime[] = {0x06, 8, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07};
constexpr Shape kShapes[] = {
    {CKK_EC_EDWARDS, CKM_EC_EDWARDS_KEY_PAIR_GEN, CKM_EDDSA, kEdwards, 32, "edwards25519",
     "The token knows no Ed25519."},
    {CKK_EC, CKM_EC_KEY_PAIR_GEN, CKM_ECDSA, kPrime, 65, "prime256v1", "The token knows no P-256."},
};
const Shape& shape_of(PairKind kind) { return kShapes[static_cast<size_t>(kind)]; }

std::string name_of(CK_RV result) {
  static constexpr std::pair<CK_RV, const char*> kNames[] = {
      {CKR_HOST_MEMORY, "CKR_HOST_MEMORY"},
      {CKR_GENERAL_ERROR, "CKR_GENERAL_ERROR"},
      {CKR_FUNCTION_FAILED, "CKR_FUNCTION_FAILED"},
      {CKR_ARGUMENTS_BAD, "CKR_ARGUMENTS_BAD"},
      {CKR_DEVICE_ERROR, "CKR_DEVICE_ERROR"},
      {CKR_DEVICE_MEMORY, "CKR_DEVICE_MEMORY"},
      {CKR_DEVICE_REMOVED, "CKR_DEVICE_REMOVED"},
      {CKR_KEY_HANDLE_INVALID, "CKR_KEY_HANDLE_INVALID"},
      {CKR_MECHANISM_INVALID, "CKR_MECHANISM_INVALID"},
      {CKR_MECHANISM_PARAM_INVALID, "CKR_MECHANISM_PARAM_INVALID"},
      {CKR_OBJECT_HANDLE_INVALID, "CKR_OBJECT_HANDLE_INVALID"},
      {CKR_PIN_INCORRECT, "CKR_PIN_INCORRECT"},
      {CKR_PIN_INVALID, "CKR_PIN_INVALID"},
      {CKR_PIN_LEN_RANGE, "CKR_PIN_LEN_RANGE"},
      {CKR_PIN_EXPIRED, "CKR_PIN_EXPIRED"},
      {CKR_PIN_LOCKED, "CKR_PIN_LOCKED"},
      {CKR_SESSION_CLOSED, "CKR_SESSION_CLOSED"},
      {CKR_SESSION_COUNT, "CKR_SESSION_COUNT"},
      {CKR_SESSION_HANDLE_INVALID, "CKR_SESSION_HANDLE_INVALID"},
      {CKR_SIGNATURE_INVALID, "CKR_SIGNATURE_INVALID"},
      {CKR_TOKEN_NOT_PRESENT, "CKR_TOKEN_NOT_PRESENT"},
      {CKR_TOKEN_WRITE_PROTECTED, "CKR_TOKEN_WRITE_PROTECTED"},
      {CKR_USER_NOT_LOGGED_IN, "CKR_USER_NOT_LOGGED_IN"},
      {CKR_USER_PIN_NOT_INITIALIZED, "CKR_USER_PIN_NOT_INITIALIZED"},
      {CKR_USER_ANOTHER_ALREADY_LOGGED_IN, "CKR_USER_ANOTHER_ALREADY_LOGGED_IN"},
      {CKR_CURVE_NOT_SUPPORTED, "CKR_CURVE_NOT_SUPPORTED"},
      {CKR_CRYPTOKI_NOT_INITIALIZED, "CKR_CRYPTOKI_NOT_INITIALIZED"},
  };
  for (const auto& [value, name] : kNames) {
    if (value == result) return name;
  }
  return fmt::format("PKCS#11 return value {:#x}", result);
}

/// PinRefused is told apart, since trying again would lock the token.
class PinRefused : public Error {
 public:
  using Error::Error;
};

/// Session closes what it opened. Functions belong to the module, which stays loaded.
struct Session {
  Session() = default;
  ~Session() {
    if (functions != nullptr) functions->C_CloseSession(handle);
  }
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  CK_FUNCTION_LIST* functions = nullptr;
  CK_SESSION_HANDLE handle = 0;
};

/// Token is a session with the token that `key` names, logged in. Its messages name module and token, never the PIN.
class Token {
 public:
  Token(const TokenKey& key, const Shape& shape, CK_FLAGS flags);

  /// find gives the one object of that class which has the key's label, nothing where there is none.
  std::optional<CK_OBJECT_HANDLE> find(CK_OBJECT_CLASS kind);
  /// point reads the public half. Errors: throws Error where it is missing or of another curve.
  std::vector<uint8_t> point();
  void make_pair();
  CK_RV sign(CK_OBJECT_HANDLE private_key, Bytes message, Signature& signature);

  [[noreturn]] void fail(std::string_view doing, CK_RV result, const std::string& hint = {}) const {
    throw Error(where(key_, doing) + ": " + name_of(result), hint);
  }
  static std::string where(const TokenKey& key, std::string_view doing) {
    return fmt::format("cannot {} in the token \"{}\" by {}", doing, key.token, key.module);
  }

 private:
  void check(std::string_view doing, CK_RV result) const {
    if (result != CKR_OK) fail(doing, result);
  }
  CK_FUNCTION_LIST* load() const;
  CK_SLOT_ID slot(CK_FUNCTION_LIST* functions) const;
  void log_in();
  CK_FUNCTION_LIST& call() { return *session_.functions; }

  TokenKey key_;
  const Shape& shape_;
  Session session_;
};

Token::Token(const TokenKey& key, const Shape& shape, CK_FLAGS flags) : key_(key), shape_(shape) {
  CK_FUNCTION_LIST* functions = load();
  check("open a session",
        functions->C_OpenSession(slot(functions), CKF_SERIAL_SESSION | flags, nullptr, nullptr, &session_.handle));
  session_.functions = functions;
  log_in();
}

CK_FUNCTION_LIST* Token::load() const {
  // Two threads must not initialize a module at once: the second would go on before the first is done.
  static std::mutex loading;
  const std::lock_guard lock(loading);
  void* module = dlopen(key_.module.c_str(), RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);
  if (module == nullptr) {
    const char* reason = dlerror();
    throw Error("cannot load the PKCS#11 module " + key_.module + ": " +
                (reason != nullptr ? reason : "unknown reason"));
  }
  const auto list = reinterpret_cast<CK_C_GetFunctionList>(dlsym(module, "C_GetFunctionList"));
  if (list == nullptr) throw Error(key_.module + " is no PKCS#11 module: it has no C_GetFunctionList");
  CK_FUNCTION_LIST* functions = nullptr;
  check("begin", list(&functions));
  CK_C_INITIALIZE_ARGS arguments{};
  arguments.flags = CKF_OS_LOCKING_OK;
  const CK_RV result = functions->C_Initialize(&arguments);
  if (result != CKR_CRYPTOKI_ALREADY_INITIALIZED) check("begin", result);
  return functions;
}

CK_SLOT_ID Token::slot(CK_FUNCTION_LIST* functions) const {
  CK_ULONG count = 0;
  check("list the slots", functions->C_GetSlotList(CK_TRUE, nullptr, &count));
  std::vector<CK_SLOT_ID> slots(count);
  check("list the slots", functions->C_GetSlotList(CK_TRUE, slots.data(), &count));
  slots.resize(count);  // fewer, where a token was taken out meanwhile
  std::string label = key_.token;
  CK_TOKEN_INFO info{};
  label.resize(std::max(label.size(), sizeof info.label), ' ');
  std::vector<CK_SLOT_ID> found;
  for (const CK_SLOT_ID id : slots) {
    if (functions->C_GetTokenInfo(id, &info) != CKR_OK) continue;
    if (as_text({info.label, sizeof info.label}) == label) found.push_back(id);
  }
  if (found.empty())
    throw Error(where(key_, "find anything") + ": there is no token of that name", "Put it in, or correct token=.");
  if (found.size() > 1)
    throw Error(where(key_, "find anything") + ": several tokens have that name", "Rename one of them.");
  return found[0];
}

// Login belongs to the process, so another signer may have done it.
void Token::log_in() {
  std::vector<uint8_t> secret = read_secret(key_.pin_source, 007);
  const std::string_view text = as_text(secret);
  const size_t end = std::min(text.find_first_of("\r\n"), text.size());
  const CK_RV result = call().C_Login(session_.handle, CKU_USER, secret.data(), end);
  wipe(secret);
  if (result == CKR_OK || result == CKR_USER_ALREADY_LOGGED_IN) return;
  if (result == CKR_PIN_INCORRECT || result == CKR_PIN_LOCKED || result == CKR_PIN_LEN_RANGE) {
    throw PinRefused(
        where(key_, "log in") + ": " + name_of(result),
        "The PIN is the first line of " + key_.pin_source + "; tokens lock themselves after few wrong ones.");
  }
  fail("log in", result);
}

std::optional<CK_OBJECT_HANDLE> Token::find(CK_OBJECT_CLASS kind) {
  CK_KEY_TYPE type = shape_.type;
  CK_ATTRIBUTE wanted[] = {{CKA_CLASS, &kind, sizeof kind},
                           {CKA_KEY_TYPE, &type, sizeof type},
                           {CKA_LABEL, key_.object.data(), key_.object.size()}};
  check("look for the key", call().C_FindObjectsInit(session_.handle, wanted, std::size(wanted)));
  CK_OBJECT_HANDLE found[2] = {};
  CK_ULONG count = 0;
  const CK_RV result = call().C_FindObjects(session_.handle, found, std::size(found), &count);
  call().C_FindObjectsFinal(session_.handle);
  check("look for the key", result);
  if (count > 1) {
    throw Error(where(key_, "choose the key") + ": several have the label \"" + key_.object + "\"",
                "Rename one of them.");
  }
  return count == 1 ? std::optional(found[0]) : std::nullopt;
}

std::vector<uint8_t> Token::point() {
  const auto handle = find(CKO_PUBLIC_KEY);
  const std::string about = where(key_, "use the key \"" + key_.object + "\"");
  if (!handle) throw Error(about + ": its public half is not there");
  uint8_t octets[128];
  CK_ATTRIBUTE point{CKA_EC_POINT, octets, sizeof octets};
  // The standard wraps the point in a DER octet string; older modules give it bare.
  const CK_RV result = call().C_GetAttributeValue(session_.handle, *handle, &point, 1);
  Bytes bytes = result == CKR_OK ? Bytes(octets, point.ulValueLen) : Bytes();
  const size_t size = shape_.point_octets;
  if (bytes.size() == size + 2 && bytes[0] == 0x04 && bytes[1] == size) bytes = bytes.subspan(2);
  if (bytes.size() != size) throw Error(about + ": it is not of the curve " + shape_.curve_name);
  return {bytes.begin(), bytes.end()};
}

void Token::make_pair() {
  std::vector<uint8_t> curve(shape_.curve.begin(), shape_.curve.end());
  uint8_t id[16];
  random(id);
  CK_BBOOL yes = CK_TRUE, no = CK_FALSE;
  CK_ATTRIBUTE label{CKA_LABEL, key_.object.data(), key_.object.size()};
  CK_ATTRIBUTE public_half[] = {{CKA_TOKEN, &yes, sizeof yes},  {CKA_PRIVATE, &no, sizeof no},
                                {CKA_VERIFY, &yes, sizeof yes}, {CKA_EC_PARAMS, curve.data(), curve.size()},
                                {CKA_ID, id, sizeof id},        label};
  CK_ATTRIBUTE private_half[] = {{CKA_TOKEN, &yes, sizeof yes},
                                 {CKA_PRIVATE, &yes, sizeof yes},
                                 {CKA_SENSITIVE, &yes, sizeof yes},
                                 {CKA_EXTRACTABLE, &no, sizeof no},
                                 {CKA_SIGN, &yes, sizeof yes},
                                 {CKA_ID, id, sizeof id},
                                 label};
  CK_MECHANISM mechanism{shape_.make, nullptr, 0};
  CK_OBJECT_HANDLE handles[2] = {};
  const CK_RV result = call().C_GenerateKeyPair(session_.handle, &mechanism, public_half, std::size(public_half),
                                                private_half, std::size(private_half), &handles[0], &handles[1]);
  if (result == CKR_MECHANISM_INVALID) fail("make a key", result, shape_.unknown);
  check("make a key", result);
}

CK_RV Token::sign(CK_OBJECT_HANDLE private_key, Bytes message, Signature& signature) {
  CK_MECHANISM mechanism{shape_.sign, nullptr, 0};
  const CK_RV begun = call().C_SignInit(session_.handle, &mechanism, private_key);
  if (begun != CKR_OK) return begun;
  CK_ULONG size = signature.size();
  // Modules refuse a null pointer even for an empty message, and never write here though the type would let them.
  static constexpr uint8_t kNothing = 0;
  const uint8_t* data = message.empty() ? &kNothing : message.data();
  const CK_RV result =
      call().C_Sign(session_.handle, const_cast<uint8_t*>(data), message.size(), signature.data(), &size);
  return result == CKR_OK && size != signature.size() ? CKR_SIGNATURE_INVALID : result;
}

}  // namespace

struct TokenPair::Body {
  CK_RV attempt(Bytes message, Signature& signature) {
    const CK_RV result = token->sign(private_key, message, signature);
    return result == CKR_OK && !verify(point, message, signature) ? CKR_SIGNATURE_INVALID : result;
  }
  void connect();

  TokenKey key;
  const Shape& shape;
  Verify verify;
  std::unique_ptr<Token> token{};
  CK_OBJECT_HANDLE private_key = 0;
  std::vector<uint8_t> point{};  // empty until it is known
  bool pin_refused = false;      // never tried again, or the token would lock itself
};

void TokenPair::Body::connect() {
  token.reset();
  if (pin_refused)
    throw Error(Token::where(key, "log in") + ": the PIN was refused before", "Correct it, then start anew.");
  try {
    token = std::make_unique<Token>(key, shape, 0);
  } catch (const PinRefused&) {
    pin_refused = true;
    throw;
  }
  const auto found = token->find(CKO_PRIVATE_KEY);
  if (!found) throw Error(Token::where(key, "find the key \"" + key.object + "\"") + ": it is not there");
  std::vector<uint8_t> now = token->point();
  if (!point.empty() && now != point)
    throw Error(Token::where(key, "use the key \"" + key.object + "\"") + ": it is another one than before");
  private_key = *found;
  point = std::move(now);
}

TokenPair::TokenPair(const TokenKey& key, PairKind kind, Verify verify)
    : body_(new Body{.key = key, .shape = shape_of(kind), .verify = verify}) {
  body_->connect();
  sign(as_bytes("is this pair really one? 32 byte"));
}
TokenPair::~TokenPair() = default;

const std::vector<uint8_t>& TokenPair::point() const { return body_->point; }

Signature TokenPair::sign(Bytes message) {
  Signature signature;
  CK_RV result = body_->token ? body_->attempt(message, signature) : CKR_SESSION_CLOSED;
  if (result == CKR_OK) return signature;
  body_->connect();
  result = body_->attempt(message, signature);
  if (result != CKR_OK) body_->token->fail("sign", result);
  return signature;
}

void make_token_pair(const TokenKey& key, PairKind kind) {
  Token token(key, shape_of(kind), CKF_RW_SESSION);
  if (token.find(CKO_PRIVATE_KEY) || token.find(CKO_PUBLIC_KEY)) {
    throw Error(Token::where(key, "make the key \"" + key.object + "\"") + ": the label is taken");
  }
  token.make_pair();
}

}  // namespace rampart::crypto
