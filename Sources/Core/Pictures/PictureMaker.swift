// The port to whatever makes pictures anew: Core names files and takes what comes back, and decodes nothing itself.

/// A picture that this box made of one that was sent: both are JPEGs without anything of the original's but its look.
package struct PictureMade: Sendable {
    /// Of `whole`, in pixels.
    package let width: Int
    package let height: Int
    package let whole: [UInt8]
    /// To be shown in a list.
    package let small: [UInt8]

    package init(width: Int, height: Int, whole: [UInt8], small: [UInt8]) {
        self.width = width
        self.height = height
        self.whole = whole
        self.small = small
    }
}

/// Makes pictures anew.
package protocol PictureMaker: Sendable {
    /// - Parameter descriptor: an open file with what was sent, which is read from its beginning.
    /// - Returns: nil for what no picture can be made of.
    /// - Throws: `unavailable` when too many wait.
    func make(from descriptor: CInt) async throws -> PictureMade?
}
