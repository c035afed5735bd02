// Package interop runs Lotus's own JSON-RPC client (go-jsonrpc) against the real binaries.
package interop

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// The time limits are generous on purpose: a machine that builds at the same time must not fail a test.
const (
	startTimeout = 30 * time.Second
	stopTimeout  = 15 * time.Second
	callTimeout  = 15 * time.Second
	pollEvery    = 20 * time.Millisecond
)

// program is one of the two binaries under test and how to run it.
type program struct {
	binary  string   // path of the binary
	serve   []string // arguments that start the daemon on a free port
	repoEnv string   // environment variable that names its repo
}

func lotus() program {
	return program{os.Getenv("LOTUS_BIN"), []string{"daemon", "--api", "0"}, "LOTUS_PATH"}
}

func lotusMiner() program {
	return program{os.Getenv("LOTUS_MINER_BIN"), []string{"run", "--miner-api", "0"}, "LOTUS_MINER_PATH"}
}

// daemon is a running program: its own repo, its own home, a port that the system picked.
type daemon struct {
	program
	repo    string
	env     []string
	address string // host:port

	cmd  *exec.Cmd
	log  *buffer
	done chan struct{} // closed when the process has ended
}

// start runs the program on the given repo until its API answers.
func (p program) start(repo string, env ...string) (*daemon, error) {
	d := &daemon{program: p, repo: repo, log: new(buffer), done: make(chan struct{})}
	d.env = append(cleanEnv(), "HOME="+repo, p.repoEnv+"="+repo)
	d.env = append(d.env, env...)
	d.cmd = exec.Command(p.binary, p.serve...)
	d.cmd.Env, d.cmd.Stdout, d.cmd.Stderr = d.env, d.log, d.log
	if err := d.cmd.Start(); err != nil {
		return nil, err
	}
	go func() {
		_ = d.cmd.Wait() // its status is read from ProcessState
		close(d.done)
	}()
	if err := d.ready(); err != nil {
		d.kill()
		return nil, fmt.Errorf("%s did not start: %w\n%s", p.binary, err, d.log)
	}
	return d, nil
}

var boundListener = regexp.MustCompile(`^/ip4/([\d.]+)/tcp/([1-9]\d*)(/http)?$`)

// ready waits for the `api` file, which is written early, and then for the API itself.
func (d *daemon) ready() error {
	deadline := time.After(startTimeout)
	tick := time.NewTicker(pollEvery)
	defer tick.Stop()
	for {
		select {
		case <-d.done:
			return fmt.Errorf("it ended: %s", d.cmd.ProcessState)
		case <-deadline:
			return fmt.Errorf("no answer within %s", startTimeout)
		case <-tick.C:
		}
		text, err := os.ReadFile(filepath.Join(d.repo, "api"))
		if err != nil {
			continue
		}
		match := boundListener.FindStringSubmatch(strings.TrimSpace(string(text)))
		if match == nil {
			continue
		}
		d.address = net.JoinHostPort(match[1], match[2])
		if d.answers() {
			return nil
		}
	}
}

func (d *daemon) answers() bool {
	ctx, cancel := context.WithTimeout(context.Background(), callTimeout)
	defer cancel()
	body := strings.NewReader(`{"jsonrpc":"2.0","id":1,"method":"Filecoin.Version","params":[]}`)
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, d.url("http", "v0"), body)
	if err != nil {
		return false
	}
	reply, err := http.DefaultClient.Do(request)
	if err != nil {
		return false
	}
	_ = reply.Body.Close()
	return reply.StatusCode == http.StatusOK
}

// url is the endpoint for a transport ("http" or "ws") and an API version ("v0" or "v1").
func (d *daemon) url(transport, version string) string {
	return transport + "://" + d.address + "/rpc/" + version
}

// token mints a token with the command that an operator would type.
func (d *daemon) token(perm string) (string, error) {
	ctx, cancel := context.WithTimeout(context.Background(), startTimeout)
	defer cancel()
	cmd := exec.CommandContext(ctx, d.binary, "auth", "create-token", "--perm", perm)
	cmd.Env = d.env
	out, err := cmd.Output()
	if err != nil {
		var exit *exec.ExitError
		if errors.As(err, &exit) {
			err = fmt.Errorf("%w: %s", err, exit.Stderr)
		}
		return "", fmt.Errorf("create-token --perm %s: %w", perm, err)
	}
	return strings.TrimSpace(string(out)), nil
}

// stop sends SIGTERM and expects the daemon to end with status 0 in time.
func (d *daemon) stop() error {
	defer d.kill()
	if err := d.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		return fmt.Errorf("%s had ended before it was stopped: %w\n%s", d.binary, err, d.log)
	}
	select {
	case <-d.done:
	case <-time.After(stopTimeout):
		return fmt.Errorf("%s still runs %s after SIGTERM\n%s", d.binary, stopTimeout, d.log)
	}
	if code := d.cmd.ProcessState.ExitCode(); code != 0 {
		return fmt.Errorf("%s: %s after SIGTERM\n%s", d.binary, d.cmd.ProcessState, d.log)
	}
	return nil
}

// kill ends the process by force if it still runs.
func (d *daemon) kill() {
	_ = d.cmd.Process.Kill()
	<-d.done
}

// startNode starts a node for one test and kills it when the test ends.
func startNode(t *testing.T) *daemon {
	t.Helper()
	d, err := lotus().start(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(d.kill)
	return d
}

// cleanEnv is the environment without settings of the developer's own node.
func cleanEnv() []string {
	var env []string
	for _, pair := range os.Environ() {
		name, _, _ := strings.Cut(pair, "=")
		if !strings.HasPrefix(name, "LOTUS_") && !strings.HasSuffix(name, "_API_INFO") {
			env = append(env, pair)
		}
	}
	return env
}

// buffer collects output that another goroutine writes.
type buffer struct {
	lock sync.Mutex
	data bytes.Buffer
}

func (b *buffer) Write(p []byte) (int, error) {
	b.lock.Lock()
	defer b.lock.Unlock()
	return b.data.Write(p)
}

func (b *buffer) String() string {
	b.lock.Lock()
	defer b.lock.Unlock()
	return b.data.String()
}

// tap is a TCP proxy that remembers what the server said. Servers do not mask WebSocket frames, so
// their text is readable in it.
type tap struct {
	address string
	said    buffer
}

func newTap(t *testing.T, target string) *tap {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = listener.Close() })
	p := &tap{address: listener.Addr().String()}
	go func() {
		for {
			client, err := listener.Accept()
			if err != nil {
				return // closed by Cleanup
			}
			server, err := net.Dial("tcp", target)
			if err != nil {
				_ = client.Close()
				continue
			}
			pipe := func(to, from net.Conn, copyTo io.Writer) {
				_, _ = io.Copy(to, io.TeeReader(from, copyTo))
				_ = to.Close()
				_ = from.Close()
			}
			go pipe(server, client, io.Discard)
			go pipe(client, server, &p.said)
		}
	}()
	return p
}

// hears waits until the server has said a text.
func (p *tap) hears(t *testing.T, text string) {
	t.Helper()
	deadline := time.After(callTimeout)
	tick := time.NewTicker(pollEvery)
	defer tick.Stop()
	for !strings.Contains(p.said.String(), text) {
		select {
		case <-tick.C:
		case <-deadline:
			t.Fatalf("the server did not say %q within %s; it said %q", text, callTimeout, p.said.String())
		}
	}
}
