// From a YAML file and the environment to one checked configuration. Anything that is not understood stops the start:
// a key that is silently ignored is a setting that somebody believes in.

import { createRequire } from 'node:module'
import type * as Yaml from 'yaml'
import { shapeConfig } from './shape.ts'
import type { Config } from './shape.ts'
import { keys } from './keys.ts'
import type { RawConfig } from './keys.ts'
import { isLeaf, isRecords } from './spec.ts'
import type { Fields, Leaf, Records, SpecChecks, Table } from './spec.ts'

/** What loading needs of the world; the platform's files and address checks are handed in. */
export interface ConfigWorld extends SpecChecks {
  readonly env: Readonly<Record<string, string | undefined>>
  /** Absolute path of the working directory. */
  readonly workingFolder: string
  /** Text of a file, or undefined when there is none. */
  readText(path: string): string | undefined
  /** Like node:path resolve: an absolute path stays, a relative one starts at `folder`. */
  resolvePath(folder: string, path: string): string
  /** Folder of a file. */
  folderOf(path: string): string
}

export interface LoadedConfig {
  readonly config: Config
  /** The file that was read, or undefined. */
  readonly file: string | undefined
  /** Variables that look like ours and mean nothing. */
  readonly warnings: readonly string[]
}

/** A configuration that cannot be used; `message` lists every fault with key, value and range. */
export class ConfigError extends Error {
  readonly code = 'CONFIG'
  readonly faults: readonly string[]
  constructor(faults: readonly string[]) {
    super(`configuration: ${faults.join('; ')}`)
    this.faults = faults
  }
}

type Tree = Readonly<Record<string, unknown>>

// Names that start with HOLDFAST_ without being keys of the table.
const otherVariables = new Set(['CONFIG', 'API_KEY', 'WEBHOOK_URL', 'URL'])

/**
 * Reads HOLDFAST_CONFIG, else ./holdfast.yaml when it exists, then lays the environment over it.
 * @throws ConfigError with all faults found.
 */
export function loadConfig(world: ConfigWorld): LoadedConfig {
  const faults: string[] = []
  const named = world.env['HOLDFAST_CONFIG']
  const file = world.resolvePath(world.workingFolder, named || 'holdfast.yaml')
  const yaml = world.readText(file)
  if (yaml === undefined && named)
    throw new ConfigError([`${file} (HOLDFAST_CONFIG) cannot be read`])
  const tree = yaml === undefined ? {} : treeOf(yaml, file)
  const { overrides, warnings } = environmentOverrides(world.env, faults)
  const reader: Reader = { world, overrides, faults }
  // The table's type and the value's type are the same by ValueOf; the walk itself is untyped.
  const raw = readGroup(reader, '', keys, tree) as unknown as RawConfig
  if (faults.length > 0) throw new ConfigError(faults)
  const folder = yaml === undefined ? world.workingFolder : world.folderOf(file)
  const shaped = shapeConfig(raw, {
    dataFolder: world.resolvePath(folder, raw.data),
    apiKey: world.env['HOLDFAST_API_KEY'] ?? '',
    webhookUrl: world.env['HOLDFAST_WEBHOOK_URL'] ?? '',
  })
  if (!shaped.ok) throw new ConfigError(shaped.why)
  return { config: shaped.value, file: yaml === undefined ? undefined : file, warnings }
}

function treeOf(yaml: string, file: string): Tree {
  let parsed: unknown
  try {
    parsed = writtenByProgram(yaml) ?? parseYaml(yaml)
  } catch (error) {
    throw new ConfigError([
      `${file} is not YAML: ${error instanceof Error ? error.message : error}`,
    ])
  }
  if (parsed === null || parsed === undefined) return {}
  if (!isTree(parsed)) throw new ConfigError([`${file} must hold keys and values`])
  return parsed
}

/** A warning is a part of the file that means something else than it seems: it stops the start like an error. */
function parseYaml(yaml: string): unknown {
  // Read when there is YAML: it is 70 modules.
  const { parseDocument } = createRequire(import.meta.url)('yaml') as typeof Yaml
  const document = parseDocument(yaml, { logLevel: 'silent' })
  const [fault] = [...document.errors, ...document.warnings]
  if (fault !== undefined) throw fault
  return document.toJS()
}

/**
 * The same without a parser of YAML, for text that a program wrote as JSON, such as the file of a server for one test.
 * What is written again as it stands has no key twice, which JSON would hide.
 */
function writtenByProgram(text: string): unknown {
  if (!text.startsWith('{')) return undefined
  try {
    const parsed: unknown = JSON.parse(text)
    return JSON.stringify(parsed) === text.trimEnd() ? parsed : undefined
  } catch {
    return undefined // YAML that begins like JSON.
  }
}

interface Override {
  readonly variable: string
  readonly text: string
}

interface Reader {
  readonly world: ConfigWorld
  readonly overrides: ReadonlyMap<string, Override>
  readonly faults: string[]
}

function environmentOverrides(env: ConfigWorld['env'], faults: string[]) {
  const known = new Set<string>()
  collectPaths('', keys, known)
  const overrides = new Map<string, Override>()
  const warnings: string[] = []
  for (const [variable, value] of Object.entries(env)) {
    if (!variable.startsWith('HOLDFAST_') || value === undefined) continue
    const rest = variable.slice('HOLDFAST_'.length)
    const path = rest.toLowerCase().split('__').join('.')
    if (known.has(path) && rest === rest.toUpperCase())
      overrides.set(path, { variable, text: value })
    else if (rest.includes('__')) faults.push(`${variable} names no known key`)
    else if (!otherVariables.has(rest))
      warnings.push(`${variable} names no known key and is ignored`)
  }
  return { overrides, warnings }
}

function collectPaths(prefix: string, table: Table, into: Set<string>): void {
  for (const [name, node] of Object.entries(table)) {
    if (isLeaf(node) || isRecords(node)) into.add(prefix + name)
    else collectPaths(`${prefix}${name}.`, node, into)
  }
}

function readGroup(reader: Reader, prefix: string, table: Table, tree: Tree): Tree {
  refuseUnknown(reader, prefix, Object.keys(table), tree)
  const result: Record<string, unknown> = {}
  for (const [name, node] of Object.entries(table)) {
    const path = prefix + name
    const value = ownValue(tree, name)
    if (isLeaf(node)) result[name] = readLeaf(reader, path, node, value)
    else if (isRecords(node)) result[name] = readRecords(reader, path, node, value)
    else result[name] = readGroup(reader, `${path}.`, node, subTree(reader, path, value))
  }
  return result
}

function subTree(reader: Reader, path: string, value: unknown): Tree {
  if (value === undefined || value === null) return {}
  if (isTree(value)) return value
  reader.faults.push(`${path} is ${shown(value)}, must be a group of keys`)
  return {}
}

function readLeaf(reader: Reader, path: string, key: Leaf<unknown>, fromFile: unknown): unknown {
  const override = reader.overrides.get(path)
  const value = override === undefined ? fromFile : fromEnvironment(key, override.text)
  const where = override === undefined ? path : `${path} (${override.variable})`
  return readValue(reader, where, key, value)
}

function readValue(reader: Reader, where: string, key: Leaf<unknown>, value: unknown): unknown {
  if (value === undefined || value === null) {
    if (key.required) reader.faults.push(`${where} is missing, must be ${key.range}`)
    return key.default
  }
  const parsed = key.parse(value, reader.world)
  if (parsed.ok) return parsed.value
  const value_ = key.secret ? '(not shown)' : shown(value)
  reader.faults.push(`${where} is ${value_}, must be ${parsed.why}`)
  return key.default
}

function readRecords(
  reader: Reader,
  path: string,
  node: Records<Fields>,
  fromFile: unknown,
): readonly Tree[] {
  const override = reader.overrides.get(path)
  const value = override === undefined ? fromFile : jsonOrText(override.text)
  const where = override === undefined ? path : `${path} (${override.variable})`
  if (value === undefined || value === null) return []
  if (!Array.isArray(value) || value.length > node.entriesMax) {
    reader.faults.push(`${where} must be a list of at most ${node.entriesMax} entries`)
    return []
  }
  return value.map((entry, index) => readEntry(reader, `${where}[${index}]`, node.fields, entry))
}

function readEntry(reader: Reader, where: string, fields: Fields, entry: unknown): Tree {
  if (!isTree(entry)) {
    reader.faults.push(`${where} is ${shown(entry)}, must be a group of keys`)
    return {}
  }
  refuseUnknown(reader, `${where}.`, Object.keys(fields), entry)
  const result: Record<string, unknown> = {}
  for (const [name, key] of Object.entries(fields)) {
    result[name] = readValue(reader, `${where}.${name}`, key, ownValue(entry, name))
  }
  return result
}

function refuseUnknown(reader: Reader, prefix: string, known: readonly string[], tree: Tree): void {
  for (const name of Object.keys(tree)) {
    if (!known.includes(name)) {
      reader.faults.push(`${prefix}${name} is not a known key; known here: ${known.join(', ')}`)
    }
  }
}

// Texts stay as they are, everything else is JSON: `8080`, `true`, `["udp"]`.
function fromEnvironment(key: Leaf<unknown>, text: string): unknown {
  const isText = ['text', 'URL', 'choice', 'port range'].includes(key.type)
  return isText ? text : jsonOrText(text)
}

function jsonOrText(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}

function shown(value: unknown): string {
  const text = JSON.stringify(value) ?? String(value)
  return text.length > 80 ? `${text.slice(0, 80)}…` : text
}

function ownValue(tree: Tree, name: string): unknown {
  return Object.hasOwn(tree, name) ? tree[name] : undefined
}

function isTree(value: unknown): value is Tree {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
