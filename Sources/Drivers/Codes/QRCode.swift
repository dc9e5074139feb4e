// QR codes, by libqrencode: what is to be shown or printed is a square of dark and light modules, or one path that draws
// the dark ones.
private import CQREncode
package import Core

/// A QR code.
///
/// - Source: ISO/IEC 18004; error correction level M, byte mode.
package struct QRCode: Sendable {
    /// Modules along one side, without the quiet zone of four around it.
    package let size: Int
    private let isDark: [Bool]

    /// - Throws: `tooLarge` for a text of more than some 2,300 bytes.
    package init(_ text: String) throws {
        let bytes = Array(text.utf8)
        guard let code = QRcode_encodeData(Int32(bytes.count), bytes, 0, QR_ECLEVEL_M) else {
            throw Failure(.tooLarge, "That is too long for a QR code.")
        }
        defer { QRcode_free(code) }
        size = Int(code.pointee.width)
        isDark = (0..<size * size).map { code.pointee.data[$0] & 1 == 1 }
    }

    package subscript(x: Int, y: Int) -> Bool { isDark[y * size + x] }

    /// The dark modules as the data of an SVG path, one unit a module, from 0 to ``size``.
    package var path: String {
        var path = ""
        for y in 0..<size {
            var x = 0
            while x < size {
                let began = x
                while x < size, self[x, y] { x += 1 }
                if x > began { path += "M\(began) \(y)h\(x - began)v1h-\(x - began)z" }
                x += 1
            }
        }
        return path
    }
}
