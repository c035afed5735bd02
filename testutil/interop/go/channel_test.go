package interop

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/filecoin-project/go-jsonrpc"
)

// ended fails the test unless the channel is closed in time without a value.
func ended(t *testing.T, closing <-chan struct{}) {
	t.Helper()
	select {
	case _, open := <-closing:
		if open {
			t.Error("Closing delivered a value; it should only ever end")
		}
	case <-time.After(callTimeout):
		t.Errorf("Closing has not ended within %s", callTimeout)
	}
}

// stillOpen fails the test if the channel has ended.
func stillOpen(t *testing.T, closing <-chan struct{}) {
	t.Helper()
	select {
	case <-closing:
		t.Fatal("Closing has ended although the daemon runs")
	default:
	}
}

// open subscribes to Closing and hands back what ends the subscription.
func open(t *testing.T, client *api) (<-chan struct{}, context.CancelFunc) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	type reply struct {
		closing <-chan struct{}
		err     error
	}
	replies := make(chan reply, 1)
	go func() {
		closing, err := client.Closing(ctx)
		replies <- reply{closing, err}
	}()
	select {
	case r := <-replies:
		if r.err != nil {
			t.Fatalf("Closing: %v", r.err)
		}
		return r.closing, cancel
	case <-time.After(callTimeout):
		t.Fatalf("Closing is not answered within %s", callTimeout)
		return nil, cancel
	}
}

func TestClosingIsCancelled(t *testing.T) {
	wire := newTap(t, node.address)
	client := dial(t, "ws://"+wire.address+"/rpc/v0", nodeToken["read"], jsonrpc.WithNoReconnect())
	closing, cancel := open(t, client)
	stillOpen(t, closing)
	cancel()
	ended(t, closing)
	// The client closes its end by itself; the server has to have understood, too.
	wire.hears(t, `"xrpc.ch.close"`)

	ctx, stop := context.WithTimeout(t.Context(), callTimeout)
	defer stop()
	if _, err := client.Version(ctx); err != nil {
		t.Errorf("after the cancellation, on the same connection: %v", err)
	}
}

func TestClosingNeedsAWebSocket(t *testing.T) {
	client := dial(t, node.url("http", "v0"), nodeToken["read"])
	ctx, cancel := context.WithTimeout(t.Context(), callTimeout)
	defer cancel()
	_, err := client.Closing(ctx)
	if err == nil || !strings.Contains(err.Error(), "not supported in this mode (no out channel support)") {
		t.Errorf("got %v, want the refusal of a channel over HTTP", err)
	}
}

// A client that only pings, and in old versions never answers a ping, must not be dropped.
func TestIdleConnectionSurvives(t *testing.T) {
	t.Parallel()
	client := dial(t, node.url("ws", "v0"), nodeToken["read"], jsonrpc.WithNoReconnect())
	closing, cancel := open(t, client)
	defer cancel()

	// Longer than the client's own 30 s, after which it gives up on a server that shows no sign of life.
	const idle = 35 * time.Second
	select {
	case <-closing:
		t.Fatalf("the connection broke within %s of silence", idle)
	case <-time.After(idle):
	}
	ctx, stop := context.WithTimeout(t.Context(), callTimeout)
	defer stop()
	if _, err := client.Version(ctx); err != nil {
		t.Errorf("after %s of silence, on the same connection: %v", idle, err)
	}
}

// SIGTERM while WebSockets are open: the daemon says goodbye and ends, the channel ends with it.
func TestStopWithOpenWebSocket(t *testing.T) {
	mortal := startNode(t)
	client := dial(t, mortal.url("ws", "v0"), "", jsonrpc.WithNoReconnect())
	closing, cancel := open(t, client)
	defer cancel()
	idle := dial(t, mortal.url("ws", "v1"), "", jsonrpc.WithNoReconnect())
	ctx, stop := context.WithTimeout(t.Context(), callTimeout)
	defer stop()
	if _, err := idle.Version(ctx); err != nil {
		t.Fatal(err)
	}

	if err := mortal.stop(); err != nil {
		t.Fatal(err)
	}
	ended(t, closing)
	_, err := idle.Version(ctx)
	if err == nil || errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("a call after the end: %v, want a connection error at once", err)
	}
}
