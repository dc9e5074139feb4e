// `depotd doctor`: what is wrong with this box, in words, and what to do about it.
import ArgumentParser
import Core
import Foundation

/// Examines the box and its data folder.
struct DoctorCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "doctor", abstract: "Examine this box and say what to do about what is wrong.")

    @OptionGroup var options: CommonOptions

    func run() async throws {
        let configuration = try options.configuration(defaults: ["data": ".depotd/demo"])
        let findings = Examination(configuration: configuration).findings()
        for finding in findings { print(finding.line) }
        if findings.contains(where: { $0.gravity == .bad }) { throw ExitCode(1) }
    }
}
