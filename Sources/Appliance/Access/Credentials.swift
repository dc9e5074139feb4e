// Whose a secret is: a session's, a key's, or an access token's. The three can not be taken for each other: keys begin
// with `dk_`, tokens have dots, and sessions have neither.
import Core

/// What an organisation believes a request by.
struct Credentials: Sendable {
    let sessions: Sessions
    let keys: KeyRing
    let mint: TokenMint

    /// Who shows this secret; nil when nobody does who may.
    func principal(of secret: String) -> Principal? {
        if secret.hasPrefix(KeyRing.mark) { return keys.principal(of: secret) }
        if secret.utf8.contains(UInt8(ascii: ".")) { return mint.principal(of: secret) }
        return sessions.principal(of: secret)
    }
}
