package testpg

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os/exec"
	"strconv"
	"time"
)

// image is the server that docker runs.
const image = "postgres:17-alpine"

// containerScript removes the container at the end of input.
const containerScript = `while read -r _; do :; done; docker rm -f "$1" >/dev/null 2>&1`

// startContainer starts a server with docker, where the engine answers.
func startContainer(ctx context.Context) (*Server, error) {
	probe, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	if exec.CommandContext(probe, "docker", "version", "--format", "{{.Server.Version}}").Run() != nil {
		return nil, errAbsent
	}
	port, err := freePort(ctx)
	if err != nil {
		return nil, err
	}
	name := uniqueName("testpg")
	// First the watchdog, so that there is no moment without one.
	w, err := watch(nil, containerScript, name)
	if err != nil {
		return nil, err
	}
	address := net.JoinHostPort("127.0.0.1", strconv.Itoa(port))
	out, err := exec.CommandContext(ctx, "docker", "run", "-d", "--rm", "--name", name,
		"-p", address+":5432", "-e", "POSTGRES_HOST_AUTH_METHOD=trust", image,
		"-c", "fsync=off", "-c", "max_connections=300").CombinedOutput()
	if err != nil {
		w.stop()
		return nil, fmt.Errorf("testpg: docker run: %w: %s", err, out)
	}
	dsn := "postgres://postgres@" + address + "/postgres?sslmode=disable"
	// The image starts the server twice, first without TCP, so one connection
	// means that it is ready.
	if err := waitReady(ctx, dsn, w.done); err != nil {
		w.stop()
		return nil, errors.Join(err, fmt.Errorf("testpg: container %s", image))
	}
	return &Server{URL: dsn, watchdog: w}, nil
}
