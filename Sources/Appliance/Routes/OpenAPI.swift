// The OpenAPI document, made from the routes themselves.
import Core

enum OpenAPI {
    /// The OpenAPI 3.1 document of these routes.
    static func document(of routes: [Route]) -> JSON {
        var paths: [JSON.Member] = []
        for route in routes {
            let operation = JSON.Member(key: route.method.lowercased(), value: operation(route))
            if let index = paths.firstIndex(where: { $0.key == route.pattern }) {
                paths[index] = .init(key: route.pattern, value: paths[index].value.adding(.object([operation])))
            } else {
                paths.append(.init(key: route.pattern, value: .object([operation])))
            }
        }
        return [
            "openapi": "3.1.0",
            "info": [
                "title": "Depotd", "version": .string(Version.current),
                "description": "The appliance at the door of an equipment depot.",
            ],
            "paths": .object(paths),
            "components": [
                "schemas": Schema.components.adding(Schema.finding),
                "securitySchemes": [
                    "bearer": ["type": "http", "scheme": "bearer"],
                    "session": [
                        "type": "apiKey", "in": "cookie", "name": .string(Cookie.session.name(isSecure: false)),
                        "description": .string("Over TLS: \(Cookie.session.name(isSecure: true))."),
                    ],
                ],
            ],
        ]
    }

    private static func operation(_ route: Route) -> JSON {
        let document = route.document
        var operation: JSON = [
            "tags": [.string(document.tag)], "summary": .string(document.summary),
            "parameters": .array(pathParameters(route) + document.parameters.map(parameter)),
            "responses": responses(route),
        ]
        if let content = content(of: document) {
            operation = operation.adding(["requestBody": ["required": true, "content": content]])
        }
        switch route.access {
        case .anyone: break
        case .role(let role):
            operation = operation.adding([
                "security": [["bearer": []], ["session": []]], "x-role": .string(role.rawValue),
                "x-scopes": .array(Scope.allCases.filter(route.scopes.contains).map { .string($0.rawValue) }),
            ])
        case .box: operation = operation.adding(["security": [["bearer": []]], "x-role": "box"])
        }
        return operation
    }

    private static func content(of document: RouteDocument) -> JSON? {
        guard let raw = document.rawBody else { return document.body.map { ["application/json": ["schema": $0]] } }
        return .object(
            raw.types.map { type in
                .init(key: type, value: ["schema": ["type": "string", "contentMediaType": .string(type)]])
            })
    }

    private static func pathParameters(_ route: Route) -> [JSON] {
        route.pattern.split(separator: "/").filter { $0.hasPrefix("{") }.map { segment in
            [
                "name": .string(String(segment.dropFirst().dropLast())), "in": "path", "required": true,
                "schema": schema(ofPathItem: segment),
            ]
        }
    }

    private static func schema(ofPathItem segment: Substring) -> JSON {
        switch segment {
        case "{seq}": Schema.whole(1...Int.max)
        case "{key}": Schema.someText
        default: Schema.identifier
        }
    }

    private static func parameter(_ parameter: RouteDocument.Parameter) -> JSON {
        [
            "name": .string(parameter.name), "in": .string(parameter.place.rawValue), "schema": parameter.schema,
            "description": .string(parameter.text),
        ]
    }

    private static func responses(_ route: Route) -> JSON {
        let answer = route.document.answer
        var success: JSON = ["description": .string(route.document.summary)]
        if let schema = answer.schema {
            success = success.adding([
                "content": .object([.init(key: route.document.answerType, value: ["schema": schema])])
            ])
        }
        let needsSignIn: [Failure.Code] = route.access == .anyone ? [] : [.unauthorized, .forbidden]
        let named = route.document.problems.filter { $0 != .invalid }
        // Any address may be asked for in a way that is not right.
        let problems = ([.invalid] + needsSignIn + named).map { code in
            JSON.Member(
                key: String(code.status),
                value: [
                    "description": .string(code.title),
                    "content": ["application/problem+json": ["schema": Schema.ref("Problem")]],
                ])
        }
        return .object([.init(key: String(answer.status), value: success)] + problems)
    }
}
