import assert from 'node:assert/strict'
import * as fc from 'fast-check'
import { handleOf, resolveConfig } from '../../../../node/config/resolve.ts'
import type { ConfigInputs } from '../../../../node/config/resolve.ts'
import { configSchema, environmentName, kebab, settingKeys, settingMeta } from '../../../../node/config/settings.ts'

const resolve = (inputs: ConfigInputs, file?: string) =>
  resolveConfig({
    environment: {},
    cwd: '/srv',
    hostName: 'attic',
    readText: (path) => {
      if (file === undefined) throw Object.assign(new Error(`no ${path}`), { code: 'ENOENT' })
      return file
    },
    ...inputs,
  })

const refused = (inputs: ConfigInputs, pattern: RegExp, file?: string) =>
  assert.throws(
    () => resolve(inputs, file),
    (error: unknown) =>
      error instanceof Error && 'code' in error && error.code === 'CONFIG_INVALID' && pattern.test(error.message),
  )

describe('configuration', () => {
  it('needs nothing: every default is there, and says that it is one', () => {
    const { config, sources, file } = resolve({})
    assert.equal(config.data, '/srv/data')
    assert.equal(config.httpPort, 8080)
    assert.equal(config.bind, '127.0.0.1')
    assert.equal(config.name, 'attic')
    assert.equal(file, '/srv/data/hearth.toml')
    for (const key of settingKeys) assert.equal(sources[key].kind, 'default', key)
  })

  it('takes the flag over the environment, that over the file, that over the default', () => {
    const file = 'http-port = 1\nmqtt-port = 2\nmqtts-port = 3\n'
    const { config, sources } = resolve(
      { flags: { httpPort: '10' }, environment: { HEARTH_HTTP_PORT: '20', HEARTH_MQTT_PORT: '30' } },
      file,
    )
    assert.deepEqual([config.httpPort, config.mqttPort, config.mqttsPort, config.p2pPort], [10, 30, 3, 4001])
    assert.deepEqual(sources.httpPort, { kind: 'flag', name: '--http-port' })
    assert.deepEqual(sources.mqttPort, { kind: 'environment', name: 'HEARTH_MQTT_PORT' })
    assert.deepEqual(sources.mqttsPort, { kind: 'file', name: '/srv/data/hearth.toml' })
    assert.equal(sources.p2pPort.kind, 'default')
  })

  it('reads the file of the data folder that flag or environment names', () => {
    assert.equal(resolve({ environment: { HEARTH_DATA: '/srv/a' } }).file, '/srv/a/hearth.toml')
    assert.equal(resolve({ flags: { data: 'b' }, environment: { HEARTH_DATA: '/srv/a' } }).file, '/srv/b/hearth.toml')
  })

  it('a file named on purpose must be there, and may name the data folder', () => {
    refused({ flags: { config: 'gone.toml' } }, /cannot read the configuration \/srv\/gone\.toml \(ENOENT\)/)
    const { config } = resolve({ flags: { config: '/etc/hearth/hearth.toml' } }, 'data = "store"')
    assert.equal(config.data, '/etc/hearth/store')
    refused({}, /data cannot be set in/, 'data = "elsewhere"')
  })

  it('reads paths in a file from the folder of that file, and typed ones from the working folder', () => {
    const file = 'tls-cert = "cert.pem"\ntls-key = "key.pem"'
    assert.equal(resolve({ flags: { config: '/etc/hearth.toml' } }, file).config.tlsCert, '/etc/cert.pem')
    assert.equal(resolve({ flags: { tlsCert: 'c.pem', tlsKey: 'k.pem' } }).config.tlsKey, '/srv/k.pem')
  })

  it('refuses a bad value with the key, the value, where it came from and what would be right', () => {
    refused({ flags: { httpPort: '80a' } }, /^http-port = "80a" \(from --http-port\): must be a whole number from 0 to/)
    refused({ environment: { HEARTH_MQTT_PORT: '70000' } }, /^mqtt-port = 70000 \(from HEARTH_MQTT_PORT\): must be/)
    refused({}, /^public = "perhaps" \(from \/srv\/data\/hearth\.toml\): must be true or false/, 'public = "perhaps"')
    refused({ flags: { bind: 'localhost' } }, /an IP address, such as/)
    refused({ flags: { name: 'Ünder' } }, /1 to 32 of a-z/)
    refused({ flags: { domain: 'not a domain' } }, /lower-case domain/)
    refused({ flags: { logLevel: 'loud' } }, /debug, info, warn or error/)
  })

  it('names every bad value at once', () => {
    refused({ flags: { httpPort: 'x', name: '' } }, /http-port.*\nname/s)
  })

  it('refuses unknown keys and variables, and guesses what was meant', () => {
    refused({}, /"htpp-port" in .* did you mean http-port\?/, 'htpp-port = 1')
    refused({ environment: { HEARTH_HTTP_PROT: '1' } }, /HEARTH_HTTP_PROT is not .* did you mean HEARTH_HTTP_PORT\?/)
    refused({}, /is not a setting of Hearth; see/, '[zzz]\nqqqqqqqq = 1')
  })

  it('passes over variables of the chat client and of tests', () => {
    const environment = { HEARTH_TOKEN: 'x', HEARTH_TEST_ANY: 'y', HEARTH_HTTP_PORT: '' }
    assert.equal(resolve({ environment }).config.httpPort, 8080)
  })

  it('says where a file is not TOML', () => {
    refused({}, /is not TOML, line 2/, 'http-port = 1\nmqtt-port = = 2')
  })

  it('refuses half a certificate and two doors on one port', () => {
    refused({ flags: { tlsCert: 'c.pem' } }, /tls-cert is set without tls-key/)
    refused({ flags: { tlsKey: 'k.pem' } }, /tls-key is set without tls-cert/)
    refused({ flags: { httpPort: '9', mqttsPort: '9' } }, /http-port and mqtts-port are both 9/)
    assert.equal(resolve({ flags: { httpPort: '0', mqttPort: '0' } }).config.mqttPort, 0)
  })

  it('describes every setting', () => {
    for (const key of settingKeys) {
      const { description, expected } = settingMeta(key)
      assert.ok(description.length > 0 && expected.length > 0, key)
      assert.match(environmentName(key), /^HEARTH_[A-Z0-9_]+$/)
      assert.match(kebab(key), /^[a-z0-9-]+$/)
    }
  })

  it('makes a handle of any host name', () => {
    assert.equal(handleOf('Anna’s Laptop.local'), 'anna-s-laptop')
    assert.equal(handleOf('___'), 'home')
    fc.assert(
      fc.property(fc.string(), (name) => {
        assert.ok(configSchema.shape.name.safeParse(handleOf(name)).success)
      }),
    )
  })

  it('whatever a value is: a configuration, or CONFIG_INVALID', () => {
    fc.assert(
      fc.property(fc.constantFrom(...settingKeys), fc.string(), (key, value) => {
        try {
          resolve({ flags: { [key]: value } })
        } catch (error) {
          assert.equal((error as { code?: string }).code, 'CONFIG_INVALID')
        }
      }),
    )
  })
})
