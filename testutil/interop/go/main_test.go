package interop

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// One node and one miner serve all tests that do not stop them.
var (
	node, miner           *daemon
	nodeToken, minerToken map[string]string
	transports                   = []string{"http", "ws"}
	permissions                  = []string{"read", "write", "sign", "admin"}
	apiVersionV0          uint32 = 0x010500
	apiVersionV1          uint32 = 0x020300
)

func TestMain(m *testing.M) {
	os.Exit(run(m))
}

// run returns the exit status: a daemon that ends badly fails the run even when every test passed.
func run(m *testing.M) (status int) {
	fail := func(err error) int {
		fmt.Fprintln(os.Stderr, "FAIL:", err)
		return 1
	}
	if os.Getenv("LOTUS_BIN") == "" || os.Getenv("LOTUS_MINER_BIN") == "" {
		return fail(fmt.Errorf("set LOTUS_BIN and LOTUS_MINER_BIN to the binaries, or start the tests with ../run"))
	}
	directory, err := os.MkdirTemp("", "lotus-interop-")
	if err != nil {
		return fail(err)
	}
	defer os.RemoveAll(directory)

	if node, err = lotus().start(filepath.Join(directory, "node")); err != nil {
		return fail(err)
	}
	defer node.kill()
	if miner, err = startMiner(filepath.Join(directory, "miner")); err != nil {
		return fail(err)
	}
	defer miner.kill()
	if nodeToken, err = mint(node); err != nil {
		return fail(err)
	}
	if minerToken, err = mint(miner); err != nil {
		return fail(err)
	}

	status = m.Run()
	for _, d := range []*daemon{miner, node} {
		if err := d.stop(); err != nil {
			status = fail(err)
		}
	}
	return status
}

// startMiner does what an operator does: init, with the node's repo at hand, and then run.
func startMiner(repo string) (*daemon, error) {
	nodeEnv := "LOTUS_PATH=" + node.repo
	initialise := exec.Command(lotusMiner().binary, "init")
	initialise.Env = append(cleanEnv(), "HOME="+node.repo, nodeEnv, "LOTUS_MINER_PATH="+repo)
	if out, err := initialise.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("lotus-miner init: %w\n%s", err, out)
	}
	return lotusMiner().start(repo, nodeEnv)
}

func mint(d *daemon) (map[string]string, error) {
	tokens := map[string]string{}
	for _, perm := range permissions {
		token, err := d.token(perm)
		if err != nil {
			return nil, err
		}
		tokens[perm] = token
	}
	return tokens, nil
}
