// The few things asked of libsodium: randomness, digests, and PIN hashes. Nothing else in Core touches C memory.
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
        for byte in bytes { text += [digit(byte >> 4), digit(byte & 15)] }
        return String(decoding: text, as: UTF8.self)
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
}

/// Argon2id hashes of PINs. Deliberately slow: about 30 ms and 16 MiB, so that a stolen file is not a list of PINs
/// and a small box still answers at once.
package enum PINHash {
    private static let memoryBytes = 16 * 1024 * 1024
    private static let passes: UInt64 = 3

    /// The hash in libsodium's own text form, salt and costs included.
    ///
    /// - Throws: `unavailable` when there is no memory for it.
    package static func make(_ pin: String) throws -> String {
        var text = [CChar](repeating: 0, count: Int(crypto_pwhash_STRBYTES))
        let code = crypto_pwhash_str(&text, pin, UInt64(pin.utf8.count), passes, memoryBytes)
        guard code == 0 else { throw Failure(.unavailable, "The box is short of memory. Try again.") }
        return String(decoding: text.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
    }

    package static func matches(_ pin: String, hash: String) -> Bool {
        crypto_pwhash_str_verify(hash, pin, UInt64(pin.utf8.count)) == 0
    }
}
