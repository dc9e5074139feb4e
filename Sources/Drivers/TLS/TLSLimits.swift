// Every bound of TLS by name, and what a listener is told to listen with.

/// The bounds of a TLS listener. What happens at each bound stands beside it.
package struct TLSLimits: Sendable {
    /// Connections whose handshake is not done; a further one takes the place of the oldest, which is cut. A flood of
    /// half-open handshakes would have to open so many within one honest handshake to do harm.
    package var handshakeCountMax = 512
    /// The same from one address, loopback excepted; further ones are closed at once.
    package var handshakeCountPerAddressMax = 64
    /// From accept to the end of the handshake; the connection is cut.
    package var handshakeDeadline = Duration.seconds(10)
    /// Steps of handshakes in one turn of the loop, some 0.5 ms each; the rest wait for the next turn, so that door and
    /// screens are served in between.
    package var handshakeStepCountPerTurnMax = 8
    /// Connections accepted in one turn.
    package var acceptCountPerTurnMax = 64
    /// Longest handshake message, such as a ClientHello; the connection is refused.
    package var helloByteCountMax = 32 << 10
    /// Connections with a finished handshake that serve HTTP, those that only linger included; further ones are closed.
    package var connectionCountMax = 6_000
    /// Records moved for one connection and direction in one turn; the rest waits for the next.
    package var recordCountPerTurnMax = 8
    /// How long a connection whose answer is complete may take to be read to its end; it is cut.
    package var lingerDeadline = Duration.seconds(60)
    /// How long a peer may take to say goodbye after us; it is cut.
    package var closeDeadline = Duration.seconds(5)

    /// The defaults.
    package init() {}
}

/// Where and with what a listener speaks TLS.
package struct TLSListening: Sendable {
    /// A numeric address, as for ``HTTPListener``.
    package var host: String
    /// 0 for any free port.
    package var port: UInt16
    /// Shown to connections from now on.
    package var credentials: TLSCredentials
    /// The bounds.
    package var limits = TLSLimits()

    /// The default bounds.
    package init(host: String, port: UInt16, credentials: TLSCredentials, limits: TLSLimits = TLSLimits()) {
        self.host = host
        self.port = port
        self.credentials = credentials
        self.limits = limits
    }
}
