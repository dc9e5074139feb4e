// The helper that makes one picture anew, confined: depotd starts it for each photo, and nobody else has to.
import ArgumentParser
import Drivers
import Foundation

/// `depotd decode`.
struct DecodeCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "decode", abstract: "Make a picture from standard input anew.", shouldDisplay: false)

    func run() { Foundation.exit(PictureDarkroom.run()) }
}
