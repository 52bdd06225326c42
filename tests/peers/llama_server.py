"""A real llama.cpp server (PyPI package xllamacpp) with a model of random weights, on a free port, which is printed on the first line.

    llama_server.py PYTHON      PYTHON: the interpreter that has xllamacpp
"""

import os
import pathlib
import sys
import tempfile
import threading


def serve():
    import xllamacpp

    sys.path.insert(0, str(pathlib.Path(__file__).parent))
    from tiny_model import write_model

    params = xllamacpp.CommonParams()
    params.hostnames = ["127.0.0.1"]
    params.port = 0
    params.n_ctx = 2048
    params.n_parallel = 2
    params.n_gpu_layers = 0
    params.cpuparams.n_threads = 1
    params.use_jinja = True
    params.warmup = False
    os.dup2(os.open(os.devnull, os.O_WRONLY), 2)  # it tells of every slot
    with tempfile.TemporaryDirectory(prefix="skein-llama-") as folder:
        params.model.path = folder + "/tiny.gguf"
        write_model(params.model.path)
        server = xllamacpp.Server(params)
    print(server.listening_address.rpartition(":")[2], flush=True)
    threading.Event().wait()


if __name__ == "__main__":
    if len(sys.argv) > 1:
        os.execv(sys.argv[1], [sys.argv[1], __file__])
    serve()
