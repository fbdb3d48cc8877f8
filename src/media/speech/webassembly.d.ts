// The part of the WebAssembly JavaScript interface that we use; the compiler knows it as a part of browsers only.

declare namespace WebAssembly {
  class Module {
    constructor(bytes: Uint8Array<ArrayBuffer>)
  }
  class Memory {
    private constructor()
    readonly buffer: ArrayBuffer
  }
  type Import = (...args: never[]) => unknown
  class Instance {
    constructor(module: Module, imports: Record<string, Record<string, Import>>)
    readonly exports: Readonly<Record<string, unknown>>
  }
}
