// Where a request came from, carried beside the work it causes, so that each Change of it says so without every desk
// having to pass it on.

/// Who asks, and from where.
package struct Origin: Sendable, Equatable {
    /// The origin of the task under way; nil for what the box does by itself.
    @TaskLocal package static var current: Origin?

    package var person: Person.ID?
    /// The program, or the device that a person signed in on, if it has a name.
    package var device: String?
    /// The peer's address, such as `192.168.4.20`.
    package var address: String

    package init(person: Person.ID? = nil, device: String? = nil, address: String) {
        self.person = person
        self.device = device
        self.address = address
    }
}
