// What waits to be sent on one socket. Frames are shared, so a waiting frame costs a slot of 16 bytes.
import CLinux
import DequeModule

/// The bounded queue of one socket's frames. Loop-confined with its socket.
///
/// Order: the frame that has begun, then control frames, then messages in the order they came. A message whose key is
/// already waiting takes the older one's place.
struct OutboundQueue {
    private struct Slot {
        var bytes: SharedBytes
        let key: LatestWinsKey?
    }

    /// Waiting pongs and pings; beyond it the oldest is dropped, as only the newest ping must be answered
    /// (RFC 6455 §5.5.3).
    static let controlFrameCountMax = 32

    /// The frame that has begun, or a lone message that is about to.
    private var begun: SharedBytes?
    private var begunByteCount = 0
    private var control = Deque<SharedBytes>()
    private var slots = Deque<Slot>()
    /// The number of the first slot since the start, so that a key can name its slot by a number that stays.
    private var firstNumber = 0
    private var numbersByKey: [LatestWinsKey: Int] = [:]
    private var hasGrown = false

    /// Bytes of messages that have not begun.
    private(set) var byteCount = 0
    /// Messages that have not begun.
    var frameCount: Int { slots.count }
    var isEmpty: Bool { begun == nil && control.isEmpty && slots.isEmpty }

    /// - Returns: whether a waiting message of the same key was replaced.
    @discardableResult
    mutating func append(_ bytes: SharedBytes, key: LatestWinsKey?) -> Bool {
        // Most sockets of a broadcast wait for nothing: one frame needs no slot, and so no memory elsewhere.
        if key == nil, isEmpty {
            begun = bytes
            return false
        }
        byteCount += bytes.count
        if let key {
            if let number = numbersByKey[key] {
                byteCount -= slots[number - firstNumber].bytes.count
                slots[number - firstNumber].bytes = bytes
                return true
            }
            numbersByKey[key] = firstNumber + slots.count
        }
        slots.append(Slot(bytes: bytes, key: key))
        if slots.count > 64 { hasGrown = true }
        return false
    }

    mutating func appendControl(_ bytes: SharedBytes) {
        standInLine()
        if control.count == Self.controlFrameCountMax { control.removeFirst() }
        control.append(bytes)
    }

    /// A lone message of which nothing was sent yet lets a control frame go first.
    private mutating func standInLine() {
        guard let lone = begun, begunByteCount == 0 else { return }
        begun = nil
        byteCount += lone.count
        slots.prepend(Slot(bytes: lone, key: nil))
        firstNumber -= 1
    }

    /// Forgets everything except the frame that has begun, which the peer could not do without.
    mutating func dropWaiting() {
        if begunByteCount == 0 { begun = nil }
        control = []
        slots = []
        numbersByKey = [:]
        byteCount = 0
    }

    /// Describes the next bytes to send. - Returns: how many entries of `vectors` were filled.
    func fill(_ vectors: UnsafeMutableBufferPointer<iovec>) -> Int {
        var count = 0
        func add(_ bytes: SharedBytes, from offset: Int) {
            vectors[count] = iovec(
                iov_base: UnsafeMutableRawPointer(mutating: bytes.bytes.baseAddress?.advanced(by: offset)),
                iov_len: bytes.count - offset)
            count += 1
        }
        if let begun { add(begun, from: begunByteCount) }
        for bytes in control.prefix(vectors.count - count) { add(bytes, from: 0) }
        for slot in slots.prefix(vectors.count - count) { add(slot.bytes, from: 0) }
        return count
    }

    /// Takes `sent` bytes, in the order of ``fill(_:)``, off the queue. - Returns: how many frames are now whole.
    mutating func consume(_ sent: Int) -> Int {
        var rest = sent
        var finished = 0
        while rest > 0, let frame = begun ?? takeNext() {
            let left = frame.count - begunByteCount
            if rest >= left {
                rest -= left
                finished += 1
                begun = nil
                begunByteCount = 0
            } else {
                begun = frame
                begunByteCount += rest
                rest = 0
            }
        }
        if slots.isEmpty { releaseMemory() }
        return finished
    }

    private mutating func takeNext() -> SharedBytes? {
        if let frame = control.popFirst() { return frame }
        guard let slot = slots.popFirst() else { return nil }
        if let key = slot.key { numbersByKey[key] = nil }
        firstNumber += 1
        byteCount -= slot.bytes.count
        return slot.bytes
    }

    /// A burst may have grown the queue to its bound; a quiet socket gives that back.
    private mutating func releaseMemory() {
        guard hasGrown else { return }
        hasGrown = false
        slots = []
        numbersByKey = [:]
    }
}
