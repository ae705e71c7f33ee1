package eval

import (
	"bufio"
	"fmt"
	"io/fs"
	"slices"
	"strings"
)

// readTable reads the wanted columns of a tab-separated file whose first line names
// them. Empty lines are left out, missing columns an error.
func readTable(from fs.FS, name string, columns ...string) ([][]string, error) {
	f, err := from.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	var rows [][]string
	var at []int
	sc := bufio.NewScanner(f)
	for n := 1; sc.Scan(); n++ {
		if strings.TrimSpace(sc.Text()) == "" {
			continue
		}
		cells := strings.Split(strings.TrimRight(sc.Text(), "\r"), "\t")
		if at == nil {
			for _, column := range columns {
				i := slices.Index(cells, column)
				if i < 0 {
					return nil, fmt.Errorf("%s: no column %q", name, column)
				}
				at = append(at, i)
			}
			continue
		}
		row := make([]string, len(at))
		for i, c := range at {
			if c >= len(cells) {
				return nil, fmt.Errorf("%s line %d: no %s", name, n, columns[i])
			}
			row[i] = strings.TrimSpace(cells[c])
		}
		rows = append(rows, row)
	}
	if err := sc.Err(); err != nil {
		return nil, fmt.Errorf("read %s: %w", name, err)
	}
	return rows, nil
}
