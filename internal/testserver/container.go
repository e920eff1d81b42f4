package testserver

import (
	"context"
	"fmt"
	"net"
	"os/exec"
	"slices"
	"strconv"
	"time"
)

// containerScript removes the container at the end of input.
const containerScript = `while read -r _; do :; done; docker rm -f "$1" >/dev/null 2>&1`

// Image is a server that docker runs.
type Image struct {
	Name    string   // such as "postgres:17-alpine"
	Port    int      // where the server listens inside
	Env     []string // such as "POSTGRES_HOST_AUTH_METHOD=trust"
	Command []string // the arguments after the image
}

// StartContainer starts a server with docker, where the engine answers, else the
// error is ErrAbsent. It returns the address on 127.0.0.1; the server may need a
// moment until it takes connections.
func StartContainer(ctx context.Context, image Image) (address string, _ *Watchdog, err error) {
	probe, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	if exec.CommandContext(probe, "docker", "version", "--format", "{{.Server.Version}}").Run() != nil {
		return "", nil, ErrAbsent
	}
	port, err := FreePort(ctx)
	if err != nil {
		return "", nil, err
	}
	name := UniqueName("tenancygen")
	// First the watchdog, so that there is no moment without one.
	w, err := watch(nil, containerScript, name)
	if err != nil {
		return "", nil, err
	}
	address = net.JoinHostPort("127.0.0.1", strconv.Itoa(port))
	args := []string{"run", "-d", "--rm", "--name", name, "-p", address + ":" + strconv.Itoa(image.Port)}
	for _, variable := range image.Env {
		args = append(args, "-e", variable)
	}
	args = slices.Concat(args, []string{image.Name}, image.Command)
	out, err := exec.CommandContext(ctx, "docker", args...).CombinedOutput()
	if err != nil {
		w.Stop()
		return "", nil, fmt.Errorf("docker run %s: %w: %s", image.Name, err, out)
	}
	return address, w, nil
}
