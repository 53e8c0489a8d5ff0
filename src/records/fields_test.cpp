#include "records/fields.h"

#include <gtest/gtest.h>

namespace rampart::records {
namespace {

/// Visited counts the fields of a struct and checks that their numbers rise.
struct Visited {
  template <class T>
  void operator()(int number, std::string_view, const T&, const T& = {}) {
    EXPECT_GT(number, last);
    last = number;
    ++count;
  }
  void space(int number, std::string_view name, uint8_t space) { (*this)(number, name, space); }
  int last = -1;
  size_t count = 0;
};
template <class T>
size_t visited(const T& value) {
  Visited visit;
  fields(visit, value);
  return visit.count;
}

// A struct that grows is no longer taken apart here: name the new member in fields.h, then count it here.
TEST(Fields, NameEveryMemberOfWhatOthersHold) {
  [[maybe_unused]] const auto& [a1, a2, a3, a4, a5] = Side();
  EXPECT_EQ(visited(Side()), 5u);
  const Conversation talk;
  [[maybe_unused]] const auto& [b1, b2, b3, b4, b5, b6, b7, b8, b9] = talk;
  EXPECT_EQ(visited(talk), 8u) << "all but the JSON that is made of them";
  [[maybe_unused]] const auto& [c1, c2, c3, c4] = Verdict();
  EXPECT_EQ(visited(Verdict()), 4u);
  [[maybe_unused]] const auto& [d1, d2] = protocols::Function();
  EXPECT_EQ(visited(protocols::Function()), 2u);
  [[maybe_unused]] const auto& [e1, e2, e3, e4, e5, e6, e7] = protocols::Object();
  EXPECT_EQ(visited(protocols::Object()), 7u);
  [[maybe_unused]] const auto& [f1, f2, f3, f4, f5, f6, f7, f8, f9, f10, f11] = protocols::Values();
  EXPECT_EQ(visited(protocols::Values()), 11u);
  [[maybe_unused]] const auto& [g1, g2, g3, g4] = protocols::Outcome();
  EXPECT_EQ(visited(protocols::Outcome()), 4u);
  [[maybe_unused]] const auto& [h1, h2, h3, h4, h5, h6, h7, h8, h9] = protocols::Operation();
  EXPECT_EQ(visited(protocols::Operation()), 9u);
  [[maybe_unused]] const auto& [i1, i2, i3, i4, i5, i6, i7, i8, i9, i10] = protocols::Answer();
  EXPECT_EQ(visited(protocols::Answer()), 10u);
  [[maybe_unused]] const auto& [j1, j2, j3, j4, j5, j6, j7] = protocols::Attribute();
  EXPECT_EQ(visited(protocols::Attribute()), 7u);
  [[maybe_unused]] const auto& [k1, k2, k3, k4, k5, k6, k7, k8] = protocols::Protection();
  EXPECT_EQ(visited(protocols::Protection()), 8u);
}

TEST(Fields, NameEveryMemberOfEveryKind) {
  [[maybe_unused]] const auto& [a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11, a12, a13, a14, a15, a16, a17, a18] =
      records::Run();
  EXPECT_EQ(visited(records::Run()), 18u);
  [[maybe_unused]] const auto& [b1, b2, b3, b4, b5, b6, b7, b8, b9, b10, b11, b12, b13] = Transaction();
  EXPECT_EQ(visited(Transaction()), 13u);
  [[maybe_unused]] const auto& [c1, c2, c3, c4, c5, c6, c7, c8, c9, c10, c11, c12, c13, c14, c15, c16, c17, c18] =
      Finding();
  EXPECT_EQ(visited(Finding()), 18u);
  [[maybe_unused]] const auto& [d1, d2, d3, d4, d5, d6] = AssetSeen();
  EXPECT_EQ(visited(AssetSeen()), 6u);
  [[maybe_unused]] const auto& [e1, e2, e3, e4, e5, e6, e7, e8, e9] = Loss();
  EXPECT_EQ(visited(Loss()), 9u);
  [[maybe_unused]] const auto& [f1, f2, f3, f4, f5, f6, f7, f8, f9, f10, f11, f12] = Flow();
  EXPECT_EQ(visited(Flow()), 14u) << "two members are pairs";
  [[maybe_unused]] const auto& [g1, g2, g3, g4, g5, g6, g7, g8, g9, g10] = ReadSummary();
  EXPECT_EQ(visited(ReadSummary()), 10u);
  [[maybe_unused]] const auto& [h1, h2, h3, h4, h5, h6, h7, h8] = Repeats();
  EXPECT_EQ(visited(Repeats()), 8u);
  [[maybe_unused]] const auto& [i1, i2, i3, i4, i5, i6, i7] = NotKept();
  EXPECT_EQ(visited(NotKept()), 7u);
  [[maybe_unused]] const auto& [j1, j2, j3, j4, j5, j6, j7, j8, j9] = PlantChange();
  EXPECT_EQ(visited(PlantChange()), 9u);
  [[maybe_unused]] const auto& [k1, k2, k3, k4, k5, k6, k7] = RuleChange();
  EXPECT_EQ(visited(RuleChange()), 7u);
  [[maybe_unused]] const auto& [l1, l2, l3, l4, l5, l6, l7, l8] = JournalEvent();
  EXPECT_EQ(visited(JournalEvent()), 8u);
  [[maybe_unused]] const auto& [m1, m2, m3, m4, m5] = KeyChange();
  EXPECT_EQ(visited(KeyChange()), 5u);
  [[maybe_unused]] const auto& [n1, n2, n3, n4, n5, n6, n7, n8] = JournalRead();
  EXPECT_EQ(visited(JournalRead()), 8u);
  [[maybe_unused]] const auto& [o1, o2, o3, o4, o5, o6, o7, o8] = Login();
  EXPECT_EQ(visited(Login()), 8u);
  [[maybe_unused]] const auto& [p1, p2, p3, p4, p5] = ProtectionSeen();
  EXPECT_EQ(visited(ProtectionSeen()), 5u);
  [[maybe_unused]] const auto& [q1, q2, q3, q4, q5, q6, q7, q8, q9, q10, q11] = Evidence();
  EXPECT_EQ(visited(Evidence()), 11u);
  [[maybe_unused]] const auto& [r1, r2, r3, r4, r5, r6, r7, r8, r9, r10, r11, r12, r13] = records::Statement();
  EXPECT_EQ(visited(records::Statement()), 13u);
  [[maybe_unused]] const auto& [s1, s2, s3, s4, s5, s6, s7, s8, s9, s10, s11] = LevelChange();
  EXPECT_EQ(visited(LevelChange()), 11u);
  [[maybe_unused]] const auto& [t1, t2, t3, t4, t5, t6, t7, t8, t9, t10] = CertificateEvent();
  EXPECT_EQ(visited(CertificateEvent()), 10u);
  [[maybe_unused]] const auto& [u1, u2, u3, u4, u5, u6, u7, u8] = GuardEvent();
  EXPECT_EQ(visited(GuardEvent()), 8u);
}

}  // namespace
}  // namespace rampart::records
