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
  ]
  for (const [sections, problem] of wrong) t.strictSame(problemsOf({ ...sound, ...sections }), [problem])
})
