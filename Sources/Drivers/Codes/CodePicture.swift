// A code by itself as a file: SVG for what is scaled, PNG for what is not.
package import Core

/// A code with its quiet zone, to be shown or printed at a size.
package struct CodePicture: Sendable {
    package let matrix: CodeMatrix
    /// Light modules around it.
    package let margin: Int

    package init(_ matrix: CodeMatrix, margin: Int) {
        self.matrix = matrix
        self.margin = margin
    }

    /// A bar code is as high as a quarter of its width.
    private var height: Int { matrix.isLinear ? max(20, matrix.width / 4) : matrix.height }

    /// The code as SVG, `size` pixels wide unless it is scaled.
    package func svg(size: Int) -> String {
        let (width, height) = (matrix.width + 2 * margin, height + 2 * margin)
        let stretch = matrix.isLinear ? " scale(1 \(self.height))" : ""
        return """
            <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 \(width) \(height)" width="\(size)" \
            height="\(size * height / width)" shape-rendering="crispEdges"><rect width="\(width)" \
            height="\(height)" fill="#fff"/><path transform="translate(\(margin) \(margin))\(stretch)" \
            d="\(matrix.path)"/></svg>
            """
    }

    /// The code as PNG of at most `size` dots across: each module is a whole number of them.
    ///
    /// - Throws: `invalid` when a module would be less than a dot.
    package func png(size: Int, resolution: Int = 300) throws -> [UInt8] {
        let scale = size / (matrix.width + 2 * margin)
        guard scale >= 1 else {
            throw Failure(
                .invalid, "This code needs at least \(matrix.width + 2 * margin) pixels.", field: "size")
        }
        var image = DotImage(
            width: (matrix.width + 2 * margin) * scale, height: (height + 2 * margin) * scale, resolution: resolution)
        for y in 0..<matrix.height {
            for run in matrix.runs(inRow: y) {
                image.fill(
                    x: (run.lowerBound + margin) * scale, y: (y + margin) * scale, width: run.count * scale,
                    height: (matrix.isLinear ? height : 1) * scale)
            }
        }
        return try image.png
    }
}
