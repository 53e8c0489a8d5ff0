// Ed25519 keys in PKCS#11 tokens. The module is loaded at run time, initialized once and never let go: other signers of
// this process may use it, and modules do not survive being unloaded.
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
#include "crypto/signature.h"

namespace rampart::crypto {
namespace {

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
  Token(const TokenKey& key, CK_FLAGS flags);

  /// find gives the one object of that class which has the key's label, nothing where there is none.
  std::optional<CK_OBJECT_HANDLE> find(CK_OBJECT_CLASS kind);
  /// public_key reads the public half. Errors: throws Error where it is missing or of another curve.
  PublicKey public_key();
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
  Session session_;
};

Token::Token(const TokenKey& key, CK_FLAGS flags) : key_(key) {
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
  CK_KEY_TYPE type = CKK_EC_EDWARDS;
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

PublicKey Token::public_key() {
  const auto handle = find(CKO_PUBLIC_KEY);
  const std::string about = where(key_, "use the key \"" + key_.object + "\"");
  if (!handle) throw Error(about + ": its public half is not there");
  uint8_t octets[64];
  CK_ATTRIBUTE point{CKA_EC_POINT, octets, sizeof octets};
  // The standard wraps the point in a DER octet string; older modules give it bare.
  const CK_RV result = call().C_GetAttributeValue(session_.handle, *handle, &point, 1);
  Bytes bytes = result == CKR_OK ? Bytes(octets, point.ulValueLen) : Bytes();
  if (bytes.size() == 34 && bytes[0] == 0x04 && bytes[1] == 32) bytes = bytes.subspan(2);
  if (bytes.size() != sizeof(PublicKey)) throw Error(about + ": it is not of the curve edwards25519");
  PublicKey key;
  std::copy(bytes.begin(), bytes.end(), key.begin());
  return key;
}

void Token::make_pair() {
  // PrintableString "edwards25519": PKCS#11 3.0 section 2.3.10.
  uint8_t curve[] = {0x13, 12, 'e', 'd', 'w', 'a', 'r', 'd', 's', '2', '5', '5', '1', '9'};
  uint8_t id[16];
  random(id);
  CK_BBOOL yes = CK_TRUE, no = CK_FALSE;
  CK_ATTRIBUTE label{CKA_LABEL, key_.object.data(), key_.object.size()};
  CK_ATTRIBUTE public_half[] = {{CKA_TOKEN, &yes, sizeof yes},  {CKA_PRIVATE, &no, sizeof no},
                                {CKA_VERIFY, &yes, sizeof yes}, {CKA_EC_PARAMS, curve, sizeof curve},
                                {CKA_ID, id, sizeof id},        label};
  CK_ATTRIBUTE private_half[] = {{CKA_TOKEN, &yes, sizeof yes},
                                 {CKA_PRIVATE, &yes, sizeof yes},
                                 {CKA_SENSITIVE, &yes, sizeof yes},
                                 {CKA_EXTRACTABLE, &no, sizeof no},
                                 {CKA_SIGN, &yes, sizeof yes},
                                 {CKA_ID, id, sizeof id},
                                 label};
  CK_MECHANISM mechanism{CKM_EC_EDWARDS_KEY_PAIR_GEN, nullptr, 0};
  CK_OBJECT_HANDLE handles[2] = {};
  const CK_RV result = call().C_GenerateKeyPair(session_.handle, &mechanism, public_half, std::size(public_half),
                                                private_half, std::size(private_half), &handles[0], &handles[1]);
  if (result == CKR_MECHANISM_INVALID) fail("make a key", result, "The token knows no Ed25519.");
  check("make a key", result);
}

CK_RV Token::sign(CK_OBJECT_HANDLE private_key, Bytes message, Signature& signature) {
  CK_MECHANISM mechanism{CKM_EDDSA, nullptr, 0};
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

/// TokenSigner asks the token, and holds what it answers against the public key: a signature by another key would make
/// an honest journal look forged.
class TokenSigner final : public Signer {
 public:
  explicit TokenSigner(const TokenKey& key) : key_(key) {
    connect();
    sign(as_bytes("is this pair a pair?"));
  }
  const PublicKey& public_key() const override { return public_key_; }

  Signature sign(Bytes message) override {
    Signature signature;
    CK_RV result = token_ ? attempt(message, signature) : CKR_SESSION_CLOSED;
    if (result == CKR_OK) return signature;
    connect();
    result = attempt(message, signature);
    if (result != CKR_OK) token_->fail("sign", result);
    return signature;
  }

 private:
  CK_RV attempt(Bytes message, Signature& signature) {
    const CK_RV result = token_->sign(private_key_, message, signature);
    return result == CKR_OK && !verify(public_key_, message, signature) ? CKR_SIGNATURE_INVALID : result;
  }

  void connect() {
    token_.reset();
    if (pin_refused_)
      throw Error(Token::where(key_, "log in") + ": the PIN was refused before", "Correct it, then start anew.");
    try {
      token_ = std::make_unique<Token>(key_, 0);
    } catch (const PinRefused&) {
      pin_refused_ = true;
      throw;
    }
    const auto private_key = token_->find(CKO_PRIVATE_KEY);
    if (!private_key) throw Error(Token::where(key_, "find the key \"" + key_.object + "\"") + ": it is not there");
    const PublicKey public_key = token_->public_key();
    if (known_ && public_key != public_key_)
      throw Error(Token::where(key_, "use the key \"" + key_.object + "\"") + ": it is another one than before");
    private_key_ = *private_key;
    public_key_ = public_key;
    known_ = true;
  }

  TokenKey key_;
  std::unique_ptr<Token> token_;
  CK_OBJECT_HANDLE private_key_ = 0;
  PublicKey public_key_{};
  bool known_ = false;        // public_key_ is set
  bool pin_refused_ = false;  // never tried again, or the token would lock itself
};

}  // namespace

std::unique_ptr<Signer> make_token_key(const TokenKey& key) {
  {
    Token token(key, CKF_RW_SESSION);
    if (token.find(CKO_PRIVATE_KEY) || token.find(CKO_PUBLIC_KEY)) {
      throw Error(Token::where(key, "make the key \"" + key.object + "\"") + ": the label is taken");
    }
    token.make_pair();
  }
  return open_token_key(key);
}

std::unique_ptr<Signer> open_token_key(const TokenKey& key) { return std::make_unique<TokenSigner>(key); }

}  // namespace rampart::crypto
