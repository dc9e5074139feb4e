// The version of this build.

/// The version of this build, as `depotd version`, `/api/v1/about` and the package say it.
enum Version {
    static let current = "0.1.0"
}
