// The configuration in the words of the parts it is for.
import Core
import Drivers

extension Configuration {
    var storeOptions: Core.Store.Options {
        var options = Core.Store.Options()
        options.groupWritesMax = store.groupWriteCountMax
        options.checkpointPages = store.checkpointPageCount
        return options
    }

    var doorOptions: DoorDesk.Options {
        var options = DoorDesk.Options()
        options.debounce = door.debounce
        options.reread = door.repeated
        return options
    }

    var actingMinutes: Int { Int(door.acting.components.seconds / 60) }

    var sessionOptions: Sessions.Options {
        var options = Sessions.Options()
        options.idle = session.idle
        options.longest = session.lifetime
        return options
    }

    var signingOptions: SigningKeys.Options {
        var options = SigningKeys.Options()
        options.signing = tokenSigning
        return options
    }

    var httpLimits: HTTPLimits {
        var limits = HTTPLimits()
        limits.connectionCountMax = http.connectionCountMax
        limits.connectionCountLoopbackMax = http.connectionCountMax
        limits.connectionCountPerAddressMax = http.connectionCountPerAddressMax
        limits.bodyByteCountMax = http.bodyByteCountMax
        limits.headerDeadline = http.header
        return limits
    }
}

extension ListenAddress {
    /// Host and port as an address has them; the port that was bound stands for 0.
    func authority(port: UInt16) -> String { (isIPv6 ? "[\(host)]" : host) + ":\(port)" }
}
