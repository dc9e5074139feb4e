// Decodes the reports of readers that pretend to be keyboards. It sees usages, not characters: the layout is the one
// programmed into the reader. Pure; the bytes come from USBReader. Read next: Keymap.swift, ReportDescriptor+Formats.
package import Core

/// Turns keyboard reports into codes: a key is typed when it is in this report and was not in the one before.
///
/// A code ends at Enter, keypad Enter or Tab (also as Ctrl+M, Ctrl+J, Ctrl+I), or after the silence of
/// ``ReaderSettings/silenceMilliseconds``. Text is UTF-8; Ctrl and Alt+keypad give control characters, so GS is kept.
/// - Source: HID 1.11 appendix B.1 and C; HID Usage Tables 1.4 §10.
package struct KeyboardWedge: ReportDecoder {
    private let formats: [KeyboardFormat]
    /// Report ids of the same interface that carry something else, such as volume keys.
    private let otherReportIDs: Set<UInt8>
    private var keymap: Keymap
    private var silence: UInt64?

    /// What was held down in the last report of each format.
    private var held: [Set<UInt8>]
    private var heldModifiers: UInt8 = 0
    private var hasCapsLock = false
    private var deadKey: Character?
    private var altNumber: AltNumber?

    private var code: [UInt8] = []
    private var isDiscarding = false
    /// When the last key of the code was pressed.
    private var lastKeyAt: UInt64 = 0
    /// When silence began to count: the last key, or the moment reports were asked for again.
    private var silentSince: UInt64 = 0

    private struct AltNumber {
        var value: UInt32
        var hasLeadingZero: Bool
        var digitCount = 1
        /// The largest Unicode scalar, 1114111, has seven digits, and a zero may lead.
        static let digitCountMax = 8
    }

    private enum Modifier {
        static let control: UInt8 = 0x11
        static let shift: UInt8 = 0x22
        static let leftAlt: UInt8 = 0x04
        static let rightAlt: UInt8 = 0x40
        static let system: UInt8 = 0x88
    }

    package init(
        formats: [KeyboardFormat] = [.boot], otherReportIDs: Set<UInt8> = [], settings: ReaderSettings = .init()
    ) {
        self.formats = formats
        self.otherReportIDs = otherReportIDs
        keymap = Keymap.of(settings.layout)
        silence = Self.silence(settings)
        held = Array(repeating: [], count: formats.count)
    }

    package mutating func use(_ settings: ReaderSettings) {
        keymap = Keymap.of(settings.layout)
        silence = Self.silence(settings)
    }

    private static func silence(_ settings: ReaderSettings) -> UInt64? {
        settings.silenceMilliseconds > 0 ? UInt64(clamping: settings.silenceMilliseconds) &* 1_000_000 : nil
    }

    package mutating func take(_ report: [UInt8], at now: UInt64) -> [Decoded] {
        var results = lapse(at: now)
        guard let index = format(of: report) else {
            let isOther = report.first.map(otherReportIDs.contains) ?? false
            return isOther ? results : results + [.trouble(.nonsense)]
        }
        guard let (modifiers, keys) = formats[index].keys(in: report), !keys.contains(where: { $0 > 0xE7 }) else {
            return results + [.trouble(.nonsense)]
        }
        // 0x01 to 0x03 are rollover and self-test errors: what is held is unknown, so nothing changes.
        guard !keys.contains(where: { (1...3).contains($0) }) else { return results }
        results += releaseAlt(modifiers, at: now)
        heldModifiers = modifiers
        for key in keys where !held[index].contains(key) {
            results += press(key, modifiers, at: now)
        }
        held[index] = Set(keys)
        return results
    }

    private func format(of report: [UInt8]) -> Int? {
        guard let first = report.first else { return nil }
        return formats.firstIndex { $0.reportID == 0 || $0.reportID == first }
    }

    // MARK: Keys

    private mutating func press(_ key: UInt8, _ modifiers: UInt8, at now: UInt64) -> [Decoded] {
        switch key {
        case 0x28, 0x58, 0x2B: return finish(at: now)
        case 0x39:
            hasCapsLock.toggle()
            return []
        case 0xE0...0xE7: return []  // some send modifiers in the array too; the bits are what counts
        default: break
        }
        guard modifiers & Modifier.system == 0 else { return [] }
        if isAlt(modifiers) {
            collectAlt(key)
            return []
        }
        let level = level(modifiers)
        // Ctrl with the left Alt is another way to hold AltGr, and is then not a control key.
        let isControl = modifiers & Modifier.control != 0 && modifiers & Modifier.leftAlt == 0
        if isControl { return keymap.control(key, level).map { append(byte: $0, at: now) } ?? [] }
        return text(key, level, at: now)
    }

    private func isAlt(_ modifiers: UInt8) -> Bool {
        let alt = keymap.hasAltGr ? Modifier.leftAlt : Modifier.leftAlt | Modifier.rightAlt
        return modifiers & alt != 0 && (modifiers & Modifier.control == 0 || !keymap.hasAltGr)
            && (modifiers & Modifier.rightAlt == 0 || !keymap.hasAltGr)
    }

    private func level(_ modifiers: UInt8) -> Keymap.Level {
        let isControlAlt = modifiers & Modifier.control != 0 && modifiers & Modifier.leftAlt != 0
        if keymap.hasAltGr, modifiers & Modifier.rightAlt != 0 || isControlAlt { return .altGr }
        return modifiers & Modifier.shift != 0 ? .shift : .plain
    }

    private mutating func text(_ key: UInt8, _ level: Keymap.Level, at now: UInt64) -> [Decoded] {
        if let byte = Self.plainKeys[key] { return append(byte: byte, at: now) }
        if key == 0x63 { return append(keymap.keypadDecimal, at: now) }
        guard let character = keymap.character(key, level) else { return [] }
        if keymap.isDead(key, level), deadKey == nil {
            deadKey = character
            lastKeyAt = now
            silentSince = now
            return []
        }
        guard hasCapsLock, character.isLetter else { return append(character, at: now) }
        let other = character.isUppercase ? character.lowercased() : character.uppercased()
        return append(other.count == 1 ? Character(other) : character, at: now)
    }

    /// Keys that are the same in every layout: Escape, Backspace, Delete, and the keypad with Num Lock.
    private static let plainKeys: [UInt8: UInt8] = {
        var keys: [UInt8: UInt8] = [0x29: 0x1B, 0x2A: 0x08, 0x4C: 0x7F, 0x62: UInt8(ascii: "0")]
        for (usage, character) in zip(UInt8(0x54)..., "/*-+".utf8) { keys[usage] = character }
        for (usage, character) in zip(UInt8(0x59)..., "123456789".utf8) { keys[usage] = character }
        keys[0x67] = UInt8(ascii: "=")
        return keys
    }()

    // MARK: Alt and the keypad

    private mutating func collectAlt(_ key: UInt8) {
        guard (0x59...0x62).contains(key) else { return }
        let digit = key == 0x62 ? 0 : UInt32(key) - 0x58
        guard var number = altNumber else {
            altNumber = AltNumber(value: digit, hasLeadingZero: digit == 0)
            return
        }
        guard number.digitCount < AltNumber.digitCountMax else { return }
        number.value = number.value &* 10 &+ digit
        number.digitCount += 1
        altNumber = number
    }

    /// The number counts when Alt is let go.
    private mutating func releaseAlt(_ modifiers: UInt8, at now: UInt64) -> [Decoded] {
        guard !isAlt(modifiers), let number = altNumber else { return [] }
        altNumber = nil
        return Keymap.alt(number.value, hasLeadingZero: number.hasLeadingZero).utf8.flatMap {
            append(byte: $0, at: now)
        }
    }

    // MARK: The code

    private mutating func append(_ character: Character, at now: UInt64) -> [Decoded] {
        let text = deadKey.map { Keymap.compose($0, character) } ?? String(character)
        deadKey = nil
        return text.utf8.flatMap { add($0, at: now) }
    }

    private mutating func append(byte: UInt8, at now: UInt64) -> [Decoded] {
        let accent = flushDeadKey(at: now)
        switch byte {
        case 0x09, 0x0A, 0x0D: return accent + finish(at: now)
        default: return accent + add(byte, at: now)
        }
    }

    private mutating func flushDeadKey(at now: UInt64) -> [Decoded] {
        guard let accent = deadKey else { return [] }
        deadKey = nil
        return String(accent).utf8.flatMap { add($0, at: now) }
    }

    private mutating func add(_ byte: UInt8, at now: UInt64) -> [Decoded] {
        lastKeyAt = now
        silentSince = now
        guard !isDiscarding else { return [] }
        guard code.count < Scan.byteCountMax else {
            isDiscarding = true
            code = []
            return [.trouble(.tooLong)]
        }
        code.append(byte)
        return []
    }

    private mutating func finish(at now: UInt64) -> [Decoded] {
        let accent = flushDeadKey(at: lastKeyAt)
        defer {
            code = []
            isDiscarding = false
        }
        guard !isDiscarding, !code.isEmpty else { return accent }
        return accent + [.code(code, symbology: nil, monotonic: lastKeyAt)]
    }

    // MARK: Silence

    package var deadline: UInt64? {
        guard let silence, !code.isEmpty || isDiscarding || deadKey != nil else { return nil }
        return silentSince &+ silence
    }

    package mutating func lapse(at now: UInt64) -> [Decoded] {
        guard let deadline, now >= deadline else { return [] }
        return finish(at: now)
    }

    package mutating func resume(at now: UInt64) {
        silentSince = max(silentSince, now)
    }
}
