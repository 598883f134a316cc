import { inspect } from 'node:util'
import { Secret } from '@powerbus/plugin-sdk'
import { test } from 'tap'
import { proxySettings } from '../../src/slack/proxy-settings.ts'

const direct = { httpProxy: '', httpsProxy: '', noProxy: 'localhost,127.0.0.1,[::1]' }

test('the environment gives the proxy in upper or lower case, and the loopback is reached directly', async (t) => {
  t.same(proxySettings(undefined, {}), direct)
  for (const name of ['HTTPS_PROXY', 'https_proxy']) {
    t.same(proxySettings(undefined, { [name]: 'http://proxy:3128' }), { ...direct, httpsProxy: 'http://proxy:3128/' })
  }
  t.equal(proxySettings(undefined, { no_proxy: 'a.example, .b' }).noProxy, 'a.example,.b,localhost,127.0.0.1,[::1]')
  t.equal(proxySettings(undefined, { NO_PROXY: 'a.example,*' }).noProxy, '*')
  t.equal(proxySettings(undefined, { HTTPS_PROXY: 'proxy.example:3128' }).httpsProxy, 'http://proxy.example:3128/')
})

test('slack/proxy replaces the proxy and the exceptions of the environment; empty, it does not', async (t) => {
  const environment = { HTTPS_PROXY: 'http://other:1', NO_PROXY: '*' }
  t.same(proxySettings(new Secret('https://own:8443'), environment), {
    httpProxy: 'https://own:8443/',
    httpsProxy: 'https://own:8443/',
    noProxy: '',
  })
  t.equal(proxySettings(new Secret(''), environment).httpsProxy, 'http://other:1/')
})

test('user and password with special characters arrive as they are, encoded or not', async (t) => {
  for (const [given, user, password] of [
    ['http://ada:p%40ss@h:1', 'ada', 'p@ss'],
    ['http://ada:100%@h:1', 'ada', '100%'],
    ['http://d%5Cada:a b@h:1', 'd\\ada', 'a b'],
  ] as const) {
    const url = new URL(proxySettings(new Secret(given)).httpProxy)
    t.equal(decodeURIComponent(url.password), password)
    t.equal(decodeURIComponent(url.username), user)
  }
})

test('an address that is no HTTP proxy is refused by name, without its password', async (t) => {
  const wrong = [
    'socks5://u:hunter2@h:1',
    'http://u:hun/ter2@h:1',
    'http://d\\u:hunter2@h:1',
    'ftp://hunter2',
    'http://hunter2:99999',
    '://hunter2',
  ]
  for (const address of wrong) {
    for (const [name, ask] of [
      ['slack/proxy', () => proxySettings(new Secret(address))],
      ['HTTPS_PROXY', () => proxySettings(undefined, { https_proxy: address })],
    ] as const) {
      try {
        ask()
        t.fail(address)
      } catch (error) {
        t.match(error, { code: 'PARAM_INVALID', message: name })
        t.notMatch(inspect(error, { showHidden: true, depth: 9 }), /hun.?ter2/)
      }
    }
  }
})
