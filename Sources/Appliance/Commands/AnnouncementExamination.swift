// What the doctor finds out about mDNS: whether anybody announces the box, by which name, and with the right ports.
import Foundation

/// Looks at how the box is found in the network.
struct AnnouncementExamination {
    let configuration: Configuration
    /// Where avahi has what it announces; its daemon is beside its configuration.
    var services = "/etc/avahi/services"
    var daemon = "/usr/sbin/avahi-daemon"
    var hostName = ProcessInfo.processInfo.hostName

    func findings() -> [Finding] {
        let listening = [configuration.tls.listen, configuration.listen].compactMap { $0 }
        let ports = listening.filter { !$0.isLoopback }.map(\.port)
        // Nobody else reaches a box that listens on loopback only, so there is nothing to announce.
        guard !ports.isEmpty else { return [] }
        guard FileManager.default.fileExists(atPath: daemon) else {
            return [remark("avahi is missing, so nobody finds the box by name: apt install avahi-daemon.")]
        }
        guard let text = try? String(contentsOfFile: services + "/depotd.service", encoding: .utf8) else {
            return [remark("\(services)/depotd.service is missing: copy etc/avahi/depotd.service there.")]
        }
        let announced = Set(text.matches(of: /<port>(\d+)<\/port>/).compactMap { UInt16($0.1) })
        let unknown = ports.filter { !announced.contains($0) }
        guard unknown.isEmpty else {
            let missing = unknown.map(String.init).joined(separator: " and ")
            return [remark("\(services)/depotd.service does not name port \(missing), where the box listens.")]
        }
        let name = hostName.prefix { $0 != "." }
        return [
            Finding(
                gravity: .good, subject: "mDNS",
                sentence: "announced as \(name).local"
                    + (name == "depot" ? "." : "; for depot.local: hostnamectl set-hostname depot."))
        ]
    }

    private func remark(_ sentence: String) -> Finding {
        Finding(gravity: .remark, subject: "mDNS", sentence: sentence)
    }
}
