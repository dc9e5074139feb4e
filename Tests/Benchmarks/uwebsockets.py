"""A broadcaster on uWebSockets (PyPI socketify): WebSockets at /live, and POST /publish to all of them."""
import sys

from socketify import App, AppListenOptions, OpCode

app = App()


def opened(socket):
    socket.subscribe("bench")


async def publish(answer, request):
    body = await answer.get_data()
    app.publish("bench", body.getvalue(), OpCode.TEXT)
    answer.end("")


app.ws("/live", {"open": opened, "message": lambda *_: None, "max_backpressure": 16 << 20, "idle_timeout": 120})
app.post("/publish", publish)
app.listen(AppListenOptions(port=int(sys.argv[1]), host="127.0.0.1"), lambda _: print("ready", flush=True))
app.run()
