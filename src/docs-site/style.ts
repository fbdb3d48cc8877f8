// How the documentation looks: the system's own fonts, light or dark as the reader has it, tables that scroll by themselves.

export const styleSheet = `
:root { color-scheme: light dark; --line: #8884; --soft: #8881; --link: #0b62c4; }
@media (prefers-color-scheme: dark) { :root { --link: #7db7ff; } }
* { box-sizing: border-box; }
body { margin: 0; display: flex; font: 1rem/1.55 system-ui, sans-serif; }
nav { flex: 0 0 16rem; padding: 1rem; border-right: 1px solid var(--line); height: 100vh; position: sticky; top: 0; overflow: auto; }
nav p { font-weight: 600; margin: 0 0 .5rem; }
nav ul { list-style: none; margin: .25rem 0 .75rem; padding-left: .75rem; }
nav summary { cursor: pointer; padding: .25rem 0; }
nav [aria-current] { font-weight: 600; }
main { flex: 1; min-width: 0; max-width: 60rem; padding: 1rem 2rem 4rem; }
img { max-width: 100%; }
a { color: var(--link); }
h1, h2, h3 { line-height: 1.2; margin: 1.6em 0 .6em; }
h1 { margin-top: .3em; }
pre, code { font-family: ui-monospace, monospace; font-size: .92em; background: var(--soft); }
pre { padding: .75rem 1rem; overflow: auto; border: 1px solid var(--line); border-radius: .3rem; }
pre code { background: none; }
table { display: block; overflow-x: auto; border-collapse: collapse; }
th, td { border: 1px solid var(--line); padding: .3rem .6rem; text-align: left; vertical-align: top; }
@media (max-width: 50rem) {
  body { display: block; }
  nav { height: auto; position: static; border-right: 0; border-bottom: 1px solid var(--line); }
  main { padding: 1rem; }
}
@media print { nav { display: none; } }
`
