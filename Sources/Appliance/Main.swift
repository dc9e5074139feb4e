import Core
import GRDB
@main struct Main { static func main() { print(1) } }
