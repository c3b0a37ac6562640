// Command curl is as much of curl as the documents use, so that their commands can be tested where
// no curl is installed. Unlike curl's own manners, an answer of 400 or more is a failure (status
// 22), unless -w asks for the status: a command that fails is a fault of the document.
package main

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
	"time"
)

// exitRefused is curl's own status for answers of 400 and more under -f.
const exitRefused = 22

var errRefused = errors.New("the server refused")

func main() {
	c, err := parse(os.Args[1:])
	if err == nil {
		err = c.run()
	}
	if err == nil {
		return
	}
	fmt.Fprintln(os.Stderr, "curl:", err)
	if errors.Is(err, errRefused) {
		os.Exit(exitRefused)
	}
	os.Exit(2)
}

// A call is what the command line says.
type call struct {
	method, url, output, write string
	data                       []string
	headers                    []string
	timeout                    time.Duration
	showHeaders                bool
}

func parse(words []string) (*call, error) {
	c := &call{}
	for len(words) > 0 {
		word := words[0]
		words = words[1:]
		if !strings.HasPrefix(word, "-") {
			c.url = word
			continue
		}
		used, err := c.flag(word, words)
		if err != nil {
			return nil, err
		}
		words = words[used:]
	}
	if c.url == "" {
		return nil, errors.New("no URL")
	}
	return c, nil
}

var long = map[string]byte{
	"--silent": 's', "--show-error": 'S', "--fail": 'f', "--no-buffer": 'N', "--include": 'i',
	"--location": 'L', "--request": 'X', "--data": 'd', "--data-binary": 'd', "--header": 'H',
	"--output": 'o', "--write-out": 'w', "--max-time": 'm',
}

// flag takes one word of flags, which may be several letters, and returns how many of the words
// behind it were its values.
func (c *call) flag(word string, behind []string) (int, error) {
	letters := strings.TrimPrefix(word, "-")
	if letter, found := long[word]; found {
		letters = string(letter)
	}
	for i := range len(letters) {
		switch letters[i] {
		case 's', 'S', 'f', 'N', 'L':
			continue
		case 'i':
			c.showHeaders = true
			continue
		}
		if value := letters[i+1:]; value != "" {
			return 0, c.value(letters[i], value)
		}
		if len(behind) == 0 {
			return 0, fmt.Errorf("%s needs a value", word)
		}
		return 1, c.value(letters[i], behind[0])
	}
	return 0, nil
}

func (c *call) value(letter byte, value string) (err error) {
	switch letter {
	case 'X':
		c.method = value
	case 'H':
		c.headers = append(c.headers, value)
	case 'o':
		c.output = value
	case 'w':
		c.write = value
	case 'm':
		c.timeout, err = time.ParseDuration(value + "s")
	case 'd':
		if name, isFile := strings.CutPrefix(value, "@"); isFile {
			var text []byte
			text, err = os.ReadFile(name)
			value = string(text)
		}
		c.data = append(c.data, value)
	default:
		return fmt.Errorf("the curl of the tests knows no -%c", letter)
	}
	return err
}

func (c *call) request() (*http.Request, error) {
	method := c.method
	if method == "" && c.data != nil {
		method = http.MethodPost
	}
	r, err := http.NewRequest(method, c.url, strings.NewReader(strings.Join(c.data, "&")))
	if err != nil {
		return nil, err
	}
	r.Header.Set("Accept", "*/*")
	if c.data != nil {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	for _, header := range c.headers {
		name, value, _ := strings.Cut(header, ":")
		r.Header.Set(name, strings.TrimSpace(value))
	}
	return r, nil
}

func (c *call) run() error {
	request, err := c.request()
	if err != nil {
		return err
	}
	client := http.Client{Timeout: c.timeout}
	response, err := client.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	if err := c.show(response); err != nil {
		return err
	}
	status := fmt.Sprint(response.StatusCode)
	fmt.Print(strings.NewReplacer("%{http_code}", status, `\n`, "\n").Replace(c.write))
	if response.StatusCode >= 400 && c.write == "" {
		return fmt.Errorf("%s %s: %s: %w", request.Method, c.url, response.Status, errRefused)
	}
	return nil
}

func (c *call) show(response *http.Response) error {
	out := io.Writer(os.Stdout)
	if c.output != "" {
		file, err := os.Create(c.output)
		if err != nil {
			return err
		}
		defer file.Close()
		out = file
	}
	if c.showHeaders {
		fmt.Fprintln(out, response.Proto, response.Status)
		if err := response.Header.Write(out); err != nil {
			return err
		}
		fmt.Fprintln(out)
	}
	_, err := io.Copy(out, response.Body)
	return err
}
