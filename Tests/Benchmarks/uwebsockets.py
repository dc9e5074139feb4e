"""A broadcaster on uWebSockets (PyPI socketify): WebSockets at /live, and POST /publish to all of them."""
import sys

from socketify import App, AppListenOptions, OpCode

app = App()


def opened(socket):
    socket.subscribe("bench")


def publish(answer, request):
    body = []

    def take(answer, chunk, is_last):
        body.append(bytes(chunk))
        if is_last:
            app.publish("bench", b"".join(body), OpCode.TEXT)
            answer.end("")

    answer.on_aborted(lambda answer: None)
    answer.on_data(take)


app.ws("/live", {"open": opened, "message": lambda *_: None, "max_backpressure": 16 << 20, "idle_timeout": 120})
app.post("/publish", publish)
app.listen(AppListenOptions(port=int(sys.argv[1]), host="127.0.0.1"), lambda _: print("ready", flush=True))
app.run()
