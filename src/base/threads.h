// What threads do about each other.
#pragma once

namespace rampart {

/// give_way puts the calling thread behind those that somebody waits for, where all processors are busy. Where the
/// system refuses, it is as before. Source: setpriority(2), which on Linux is of one thread.
void give_way();

}  // namespace rampart
