// The helper that makes one picture anew, confined: depotd starts it for each photo, and nobody else has to.
import ArgumentParser
import Drivers
import Glibc

/// `depotd decode`.
struct DecodeCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "decode", abstract: "Make a picture from standard input anew.", shouldDisplay: false)

    /// Ends at once: what a process does when it exits gently, the helper may not do any more.
    func run() { _exit(PictureDarkroom.run()) }
}
