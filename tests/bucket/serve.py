"""Serves moto on a free port of this machine and prints its address."""

import moto.server
from werkzeug.serving import make_server

app = moto.server.DomainDispatcherApplication(moto.server.create_backend_app)
server = make_server("127.0.0.1", 0, app, threaded=True)
print(f"127.0.0.1:{server.port}", flush=True)
server.serve_forever()
