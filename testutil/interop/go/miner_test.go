package interop

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/filecoin-project/go-jsonrpc"
)

func TestMinerServesCommon(t *testing.T) {
	overEach(t, func(t *testing.T, ctx context.Context, transport string) {
		url := miner.url(transport, "v0")
		got, err := dial(t, url, "").Version(ctx)
		if err != nil || got.APIVersion != apiVersionV0 || got.Version == "" {
			t.Errorf("Version: %+v, %v; want API version %#x", got, err, apiVersionV0)
		}

		admin := dial(t, url, minerToken["admin"])
		token, err := admin.AuthNew(ctx, []string{"read"})
		if err != nil {
			t.Fatal(err)
		}
		perms, err := admin.AuthVerify(ctx, string(token))
		if err != nil || !slices.Equal(perms, []string{"read"}) {
			t.Errorf("AuthVerify: %v, %v; want [read]", perms, err)
		}

		_, err = dial(t, url, string(token)).AuthNew(ctx, []string{"read"})
		wantError(t, err, refusal("AuthNew", "admin"))
		_, err = dial(t, url, "").AuthNew(ctx, []string{"read"})
		wantError(t, err, refusal("AuthNew", "admin"))
	})
}

// Each daemon has a secret of its own, so neither takes the other's tokens.
func TestMinerAndNodeDoNotShareTokens(t *testing.T) {
	for _, pair := range []struct {
		name, url, token string
	}{
		{"node's token at the miner", miner.url("http", "v0"), nodeToken["admin"]},
		{"miner's token at the node", node.url("http", "v0"), minerToken["admin"]},
	} {
		t.Run(pair.name, func(t *testing.T) {
			ctx, cancel := context.WithTimeout(t.Context(), callTimeout)
			defer cancel()
			_, err := dial(t, pair.url, pair.token).Version(ctx)
			var client *jsonrpc.ErrClient
			if !errors.As(err, &client) || !strings.Contains(err.Error(), "401") {
				t.Errorf("got %T %v, want status 401", err, err)
			}
		})
	}
}
