import { test } from 'tap'
import { goRenderer, machineData, type RenderedMachine, renderTemplate, TemplateError } from '../../src/index.ts'

const machine: RenderedMachine = {
  uuid: '3e7031fe-3062-45f1-835c-92541bc9cbd3',
  name: 'rack-1',
  params: {
    set: 'a <b> & "c"',
    empty: '',
    yes: true,
    no: false,
    list: ['one', 'two & three'],
    none: [],
    count: 3,
    map: { b: 1, a: ['x'] },
    commands: ['ipmitool -H {{.Machine.Name}}', 'plain'],
  },
  defaults: { preset: 'by default', set: 'hidden' },
  apiUrl: 'https://endpoint:8092',
  provisionerUrl: 'http://endpoint:8091',
  token: 'token-of-the-job',
}

const rendered = {
  'text without actions': 'a { b } c\n',
  'fields of the machine': '{{.Machine.UUID}} {{.Machine.Uuid}} {{ .Machine.Name }} {{.ApiURL}} {{.ProvisionerURL}}',
  'a token': '{{.GenerateToken}}{{.GenerateInfiniteToken}}',
  'a param, set and by default': '{{.Param "set"}} {{.Param "preset"}} {{.Param `empty`}}',
  'a number and a boolean': '{{.Param "count"}} {{.Param "yes"}} {{.Param "no"}}',
  'JSON as Go escapes and sorts it':
    '{{.ParamAsJSON "set"}} {{.ParamAsJSON "map"}} {{.Param "list" | toJson}} {{.ParamAsJSON "count"}}',
  'trim marks on both sides': 'a  \n {{- .Machine.Name -}} \n\n b {{- /* said */ -}} c {{/* more */}} d',
  'if, else if and else':
    '{{if .ParamExists "absent"}}1{{else if .Param "no"}}2{{else if eq (.Param "set") "x"}}3{{else}}4{{end}}',
  'nested ifs':
    '{{if .Param "yes"}}{{if .Param "empty"}}1{{else}}2{{if .Param "none"}}3{{end}}{{end}}{{else}}4{{end}}5',
  'range over a list': '{{range .Param "list"}}<{{.}}>{{end}}{{range .Param "none"}}x{{else}}none{{end}}',
  'range with variables':
    '{{range $i, $v := .Param "list"}}{{$i}}={{$v}};{{end}}{{range $v := .Param "list"}}{{$v | toJson}}{{end}}',
  'range over a map': '{{range $k, $v := .Param "map"}}{{$k}}={{toJson $v}};{{end}}',
  'the root from inside a range': '{{range .Param "list"}}{{$.Machine.Name}}{{end}}',
  'another template': 'before {{template "inner" .}} after {{- template "inner" .Machine }}',
  'functions that compare':
    '{{eq "a" "b" "a"}} {{ne "a" "b"}} {{lt (len (.Param "list")) 3}} {{ge 2 2}} {{gt "b" "a"}}',
  'functions on truth':
    '{{and (.Param "yes") (.Param "set")}} {{or (.Param "no") (.Param "preset")}} {{not (.Param "none")}}',
  'index of a list and of a map': '{{index (.Param "list") 1}} {{index (.Param "map") "a" 0}}',
  'variables and pipelines': '{{$name := .Param "set" | toString}}{{$name | len}} {{$name}}',
  'params that are templates themselves': '{{range .ParamExpand "commands"}}{{.}}\n{{end}}',
  'braces in a constant': '{{ "}}" }} {{`{{`}}',
}
const inner = '[{{`inner`}}]'

const failing = {
  'a param neither set nor with a default': '{{.Param "absent"}}',
  'a param inside an and that guards it': '{{if and (.Param "yes") (.Param "absent")}}{{end}}',
  'a field that is not there': '{{.Machine.Serial}}',
  'a method that is not there': '{{.ParamExsts "set"}}',
  'a template that is not there': '{{template "absent" .}}',
  'an unknown function': '{{upcase .Machine.Name}}',
  'an if without end': '{{if .Param "yes"}}',
  'an end without if': '{{end}}',
  'an else without if': '{{else}}',
  'an action without end': 'a {{ .Machine.Name',
  'an unknown variable': '{{$absent}}',
  'values of two types compared': '{{eq (.Param "set") true}}',
  'a number of a param compared with an int': '{{eq (.Param "count") 3}}',
  'an index behind the end': '{{index (.Param "list") 2}}',
  'a range over a text': '{{range .Param "set"}}{{end}}',
  'the length of a boolean': '{{len (.Param "yes")}}',
  'an argument for a constant': '{{"a" "b"}}',
}
const templates = new Map(Object.entries({ ...rendered, ...failing, inner }))

test("the small renderer writes what Go's text/template writes, and fails where it fails", async (t) => {
  const [answers = {}] = await (await goRenderer(t))(templates, [machine])
  for (const id of Object.keys(rendered)) {
    const text = renderTemplate(templates, id, machineData(machine))
    t.same({ text }, answers[id], id)
  }
  for (const id of Object.keys(failing)) {
    t.ok('error' in (answers[id] ?? {}), `Go fails: ${id}`)
    t.throws(() => renderTemplate(templates, id, machineData(machine)), TemplateError, id)
  }
})

test('what content does not use is refused, although Go renders it', async (t) => {
  for (const text of ['{{with .Machine}}{{.Name}}{{end}}', '{{define "x"}}{{end}}', '{{.Param "list"}}', '{{break}}'])
    t.throws(() => renderTemplate(new Map([['odd', text]]), 'odd', machineData(machine)), TemplateError, text)
})

test('templates that include each other without end are refused', async (t) => {
  t.throws(() => renderTemplate(new Map([['a', '{{template "a" .}}']]), 'a', machineData(machine)), TemplateError)
})
