// Renders templates as a DRP endpoint does: Go's text/template with sprig's functions. Reads one JSON object from stdin,
// {templates: {ID: text}, machines: [{uuid, name, address, stage, apiUrl, provisionerUrl, token, params, defaults}]}, and prints
// a list: for each machine {ID: {text} or {error}}.
package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"text/template"

	"github.com/Masterminds/sprig"
)

type machine struct {
	UUID, Uuid, Name, Address, Stage string
}

type data struct {
	Machine                machine
	ApiURL, ProvisionerURL string
	token                  string
	params, defaults       map[string]interface{}
}

func (d *data) GenerateToken() string         { return d.token }
func (d *data) GenerateInfiniteToken() string { return d.token }

func (d *data) ParamExists(name string) bool {
	_, set := d.params[name]
	_, preset := d.defaults[name]
	return set || preset
}

func (d *data) Param(name string) (interface{}, error) {
	if value, set := d.params[name]; set {
		return value, nil
	}
	if value, preset := d.defaults[name]; preset {
		return value, nil
	}
	return nil, fmt.Errorf("No such machine parameter %s", name)
}

func (d *data) ParamAsJSON(name string) (string, error) {
	value, err := d.Param(name)
	if err != nil {
		return "", err
	}
	text, err := json.Marshal(value)
	return string(text), err
}

func (d *data) ParamExpand(name string) (interface{}, error) {
	value, err := d.Param(name)
	if err != nil {
		return nil, err
	}
	return d.expand(value)
}

func (d *data) expand(value interface{}) (interface{}, error) {
	switch v := value.(type) {
	case string:
		parsed, err := template.New("expanded").Funcs(sprig.TxtFuncMap()).Parse(v)
		if err != nil {
			return nil, err
		}
		var out bytes.Buffer
		err = parsed.Execute(&out, d)
		return out.String(), err
	case []interface{}:
		members := make([]interface{}, len(v))
		for i, member := range v {
			expanded, err := d.expand(member)
			if err != nil {
				return nil, err
			}
			members[i] = expanded
		}
		return members, nil
	}
	return value, nil
}

func main() {
	var input struct {
		Templates map[string]string
		Machines  []struct {
			Uuid, Name, Address, Stage, ApiUrl, ProvisionerUrl, Token string
			Params, Defaults                                          map[string]interface{}
		}
	}
	if err := json.NewDecoder(os.Stdin).Decode(&input); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	all := template.New("").Funcs(sprig.TxtFuncMap())
	unread := map[string]error{}
	for id, text := range input.Templates {
		if _, err := all.New(id).Parse(text); err != nil {
			unread[id] = err
		}
	}
	answers := []map[string]map[string]string{}
	for _, m := range input.Machines {
		answer := map[string]map[string]string{}
		for id := range input.Templates {
			if err := unread[id]; err != nil {
				answer[id] = map[string]string{"error": err.Error()}
				continue
			}
			d := &data{machine{m.Uuid, m.Uuid, m.Name, m.Address, m.Stage}, m.ApiUrl, m.ProvisionerUrl, m.Token, m.Params, m.Defaults}
			var out bytes.Buffer
			if err := all.ExecuteTemplate(&out, id, d); err != nil {
				answer[id] = map[string]string{"error": err.Error()}
				continue
			}
			answer[id] = map[string]string{"text": out.String()}
		}
		answers = append(answers, answer)
	}
	if err := json.NewEncoder(os.Stdout).Encode(answers); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
