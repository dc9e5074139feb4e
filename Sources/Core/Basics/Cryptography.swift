// The few things asked of libsodium: randomness, digests, and hashes of PINs and passphrases. Nothing else in Core touches C memory.
private import CSodium

/// Bytes nobody can guess.
package enum SecureRandom {
    package static func bytes(_ count: Int) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: count)
        randombytes_buf(&bytes, count)
        return bytes
    }
}

/// Lower-case hexadecimal text.
package enum Hex {
    package static func text(_ bytes: some Sequence<UInt8>) -> String {
        var text: [UInt8] = []
        text.reserveCapacity(2 * bytes.underestimatedCount)
        for byte in bytes {
            text.append(digit(byte >> 4))
            text.append(digit(byte & 15))
        }
        return String(decoding: text, as: UTF8.self)
    }

    /// Appends the last so many digits of a number.
    static func append(_ number: Int64, digitCount: Int, to text: inout [UInt8]) {
        for place in (0..<digitCount).reversed() {
            text.append(digit(UInt8(truncatingIfNeeded: number >> (4 * Int64(place))) & 15))
        }
    }

    /// The digit of a number below 16.
    static func digit(_ value: UInt8) -> UInt8 { value + (value < 10 ? UInt8(ascii: "0") : UInt8(ascii: "a") - 10) }
}

/// SHA-256, FIPS 180-4.
package enum SHA256 {
    package static func digest(_ bytes: [UInt8]) -> [UInt8] {
        var digest = [UInt8](repeating: 0, count: Int(crypto_hash_sha256_BYTES))
        crypto_hash_sha256(&digest, bytes, UInt64(bytes.count))
        return digest
    }

    /// The same over bytes that come in pieces.
    struct Running {
        private var state = crypto_hash_sha256_state()

        init() { crypto_hash_sha256_init(&state) }

        mutating func add(_ bytes: [UInt8]) { crypto_hash_sha256_update(&state, bytes, UInt64(bytes.count)) }

        mutating func end() -> [UInt8] {
            var digest = [UInt8](repeating: 0, count: Int(crypto_hash_sha256_BYTES))
            crypto_hash_sha256_final(&state, &digest)
            return digest
        }
    }
}

/// Argon2id hashes of what people remember, in libsodium's own text form, which holds salt and cost.
///
/// - Source: RFC 9106.
package enum SecretHash {
    /// What one hash costs whoever makes it.
    package struct Cost: Sendable, Equatable {
        package let passes: UInt64
        package let memoryBytes: Int

        package init(passes: UInt64, memoryBytes: Int) {
            self.passes = passes
            self.memoryBytes = memoryBytes
        }

        /// Of a PIN, which is short whatever it costs: some 30 ms, so that a stolen file is not a list of PINs and a door
        /// answers at once.
        package static let pin = Cost(passes: 3, memoryBytes: 16 * 1024 * 1024)
    }

    /// - Throws: `unavailable` when there is no memory for it.
    package static func make(_ secret: String, _ cost: Cost) throws -> String {
        var text = [CChar](repeating: 0, count: Int(crypto_pwhash_STRBYTES))
        let code = crypto_pwhash_str(&text, secret, UInt64(secret.utf8.count), cost.passes, cost.memoryBytes)
        guard code == 0 else { throw Failure(.unavailable, "The box is short of memory. Try again.") }
        return String(decoding: text.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
    }

    package static func matches(_ secret: String, hash: String) -> Bool {
        crypto_pwhash_str_verify(hash, secret, UInt64(secret.utf8.count)) == 0
    }

    /// Whether a hash was made at another cost.
    static func isOf(_ hash: String, other cost: Cost) -> Bool {
        crypto_pwhash_str_needs_rehash(hash, cost.passes, cost.memoryBytes) != 0
    }
}
