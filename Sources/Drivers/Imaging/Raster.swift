// Pixels in memory, and making fewer of them. Every pixel of a smaller picture is the mean of those it stands for.

/// A picture as pixels: RGBA, a row after the other.
struct Raster {
    let width: Int
    let height: Int
    var pixels: [UInt8]

    /// The picture with a longer side of at most so many pixels; itself when it is no larger.
    func fitting(_ longest: Int) -> Raster {
        guard max(width, height) > longest else { return self }
        return pixels.withUnsafeBufferPointer {
            Raster($0, width: width, height: height, stride: width * 4, longest: longest)
        }
    }

    /// The picture upon white: a JPEG has no transparency.
    mutating func flatten() {
        for at in stride(from: 0, to: pixels.count, by: 4) where pixels[at + 3] < 255 {
            let alpha = Int(pixels[at + 3])
            for channel in at..<at + 3 {
                pixels[channel] = UInt8((Int(pixels[channel]) * alpha + 255 * (255 - alpha)) / 255)
            }
            pixels[at + 3] = 255
        }
    }

    /// The picture as a camera's orientation asks for it to be shown: 1 to 8, and as it is for anything else.
    ///
    /// - Source: Exif 2.32, tag 274: 2 and 4 are mirrored, 3 is turned by half, 5 to 8 have their sides swapped.
    func turned(by orientation: Int) -> Raster {
        guard (2...8).contains(orientation) else { return self }
        let isSwapped = orientation >= 5
        let (newWidth, newHeight) = isSwapped ? (height, width) : (width, height)
        var made = [UInt8](repeating: 0, count: pixels.count)
        for y in 0..<newHeight {
            for x in 0..<newWidth {
                let (column, row) =
                    switch orientation {
                    case 2: (width - 1 - x, y)
                    case 3: (width - 1 - x, height - 1 - y)
                    case 4: (x, height - 1 - y)
                    case 5: (y, x)
                    case 6: (y, height - 1 - x)
                    case 7: (width - 1 - y, height - 1 - x)
                    default: (width - 1 - y, x)
                    }
                let (from, to) = ((row * width + column) * 4, (y * newWidth + x) * 4)
                for channel in 0..<4 { made[to + channel] = pixels[from + channel] }
            }
        }
        return Raster(width: newWidth, height: newHeight, pixels: made)
    }
}

extension Raster {
    /// Pixels that lie elsewhere, made fewer where the longer side has more than `longest`.
    ///
    /// - Parameter stride: bytes from the beginning of a row to the next one's.
    init(_ pixels: UnsafeBufferPointer<UInt8>, width: Int, height: Int, stride: Int, longest: Int) {
        let side = max(width, height, 1)
        let (newWidth, newHeight) =
            side > longest ? (max(1, width * longest / side), max(1, height * longest / side)) : (width, height)
        var made = [UInt8](repeating: 0, count: newWidth * newHeight * 4)
        for y in 0..<newHeight {
            let rows = (y * height / newHeight)..<max(y * height / newHeight + 1, (y + 1) * height / newHeight)
            for x in 0..<newWidth {
                let columns = (x * width / newWidth)..<max(x * width / newWidth + 1, (x + 1) * width / newWidth)
                var sums = (0, 0, 0, 0)
                for row in rows {
                    for column in columns {
                        let at = row * stride + column * 4
                        sums.0 += Int(pixels[at])
                        sums.1 += Int(pixels[at + 1])
                        sums.2 += Int(pixels[at + 2])
                        sums.3 += Int(pixels[at + 3])
                    }
                }
                let (count, at) = (rows.count * columns.count, (y * newWidth + x) * 4)
                made[at] = UInt8(sums.0 / count)
                made[at + 1] = UInt8(sums.1 / count)
                made[at + 2] = UInt8(sums.2 / count)
                made[at + 3] = UInt8(sums.3 / count)
            }
        }
        self.init(width: newWidth, height: newHeight, pixels: made)
    }
}
