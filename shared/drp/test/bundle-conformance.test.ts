import { test } from 'tap'
import { bundleProblems } from '../src/bundle-conformance.ts'
import { decodeContentBundle } from '../src/index.ts'

const sound = {
  params: { 'demo/one': { Name: 'demo/one' } },
  profiles: { console: { Name: 'console', Params: { 'of-another': 1 } } },
  workflows: { discover: { Name: 'discover', Stages: ['learn'] } },
  stages: { learn: { Name: 'learn', Tasks: ['learn'], Profiles: ['console'], RequiredParams: ['demo/one'] } },
  tasks: {
    learn: { Name: 'learn', Templates: [{ ID: 'learn.sh' }, { ID: '', Contents: 'true' }], OptionalParams: [] },
  },
  templates: { 'learn.sh': { ID: 'learn.sh', Contents: 'true' } },
}

const template = (Contents: string) => ({ 'learn.sh': { ID: 'learn.sh', Contents } })
const problemsOf = (sections: object) => bundleProblems(decodeContentBundle({ meta: { Name: 'demo' }, sections }))

test('a bundle that names only its own members has no problems', async (t) => {
  t.strictSame(problemsOf(sound), [])
  t.strictSame(problemsOf({}), [])
})

test('bundleProblems lists the members that a bundle names but lacks', async (t) => {
  const { learn } = sound.stages
  const { learn: task } = sound.tasks
  const wrong: [object, string][] = [
    [
      { workflows: { discover: { Name: 'discover', Stages: ['learn', 'wait'] } } },
      'workflows/discover names stages/wait',
    ],
    [{ stages: { learn: { ...learn, Tasks: ['lear'] } } }, 'stages/learn names tasks/lear'],
    [{ stages: { learn: { ...learn, Profiles: ['consol'] } } }, 'stages/learn names profiles/consol'],
    [{ stages: { learn: { ...learn, RequiredParams: ['x'] } } }, 'stages/learn names params/x'],
    [{ tasks: { learn: { ...task, Templates: [{ ID: 'lear.sh' }] } } }, 'tasks/learn names templates/lear.sh'],
    [{ tasks: { learn: { ...task, OptionalParams: ['y'] } } }, 'tasks/learn names params/y'],
    [{ stages: { learn: { ...learn, Name: 'lern' } } }, 'stages/learn is named lern'],
    [{ templates: { 'learn.sh': { Contents: 'true' } } }, 'templates/learn.sh is named undefined'],
    [{ stages: { learn: { ...learn, OptionalParams: ['z'] } } }, 'stages/learn names params/z'],
    [{ tasks: { learn: { ...task, Prerequisites: ['first'] } } }, 'tasks/learn names tasks/first'],
    [{ tasks: { learn: { ...task, Templates: [{ Contents: '{{.Param "q"}}' }] } } }, 'tasks/learn names params/q'],
    [{ templates: template('{{ template "setup.sh" . }}') }, 'templates/learn.sh names templates/setup.sh'],
    [{ templates: template('{{if .ParamExists "a/b"}}{{end}}') }, 'templates/learn.sh names params/a/b'],
    [{ templates: template('{{- range .ParamExpand "c" -}}{{end}}') }, 'templates/learn.sh names params/c'],
    [{ templates: template('x {{ .ParamAsJSON "d" | toString }}') }, 'templates/learn.sh names params/d'],
  ]
  for (const [sections, problem] of wrong) t.strictSame(problemsOf({ ...sound, ...sections }), [problem])
})

test('names that the endpoint or other content has are no problem, and text outside of actions names nothing', async (t) => {
  const bundle = decodeContentBundle({
    meta: { Name: 'demo' },
    sections: {
      ...sound,
      templates: template('# .Param "no"\n{{ template "setup.tmpl" . }}{{ .Param "other" }}{{ .Param "demo/one" }}'),
    },
  })
  t.strictSame(bundleProblems(bundle, { templates: ['setup.tmpl'], params: ['other'] }), [])
  t.strictSame(bundleProblems(bundle), [
    'templates/learn.sh names templates/setup.tmpl',
    'templates/learn.sh names params/other',
  ])
})
