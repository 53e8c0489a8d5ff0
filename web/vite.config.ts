// Builds src/report to one file, dist/report.html: scripts and styles inside, and a policy by which the browser itself
// refuses whatever would leave the page.
import { createHash } from 'node:crypto';
import { svelte } from '@sveltejs/vite-plugin-svelte';
import { defineConfig, type Plugin } from 'vite';

// What may be inside the page: NOTICE names them.
const kShipped = ['svelte', 'clsx', 'esm-env'];

const hash = (text: string) => `'sha256-${createHash('sha256').update(text).digest('base64')}'`;

function onePage(): Plugin {
  return {
    name: 'one-page',
    enforce: 'post',
    generateBundle(_options, bundle) {
      let script = '', style = '';
      for (const [name, part] of Object.entries(bundle)) {
        if (part.type === 'chunk') {
          script += part.code;
          for (const module of part.moduleIds) {
            const from = /node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(module)?.[1];
            if (from && !kShipped.includes(from)) throw new Error(`${from} would be in the page: see NOTICE and docs/dependencies.md`);
          }
        }
        else if (name.endsWith('.css')) style += String(part.source);
        if (!name.endsWith('.html')) delete bundle[name];
      }
      // `</script` and `<!--` would end the element, or hide its end.
      script = `\n${script.trim().replaceAll('</script', '<\\/script').replaceAll('<!--', '<\\!--')}\n`;
      style = `\n${style.trim()}\n`;
      const policy = `default-src 'none'; script-src ${hash(script)}; style-src ${hash(style)}; base-uri 'none'; form-action 'none'`;
      const page = bundle['report.html'];
      if (page?.type !== 'asset') throw new Error('no report.html');
      page.source = String(page.source)
        .replace(/\s*<script type="module"[^>]*><\/script>/, '')
        .replace(/\s*<link rel="stylesheet"[^>]*>/, '')
        .replace('<meta charset="utf-8">', () => `<meta charset="utf-8">\n<meta http-equiv="Content-Security-Policy" content="${policy}">`)
        .replace('</head>', () => `<style>${style}</style>\n</head>`)
        .replace('</body>', () => `<script type="module">${script}</script>\n</body>`);
    },
  };
}

export default defineConfig({
  plugins: [svelte(), onePage()],
  build: {
    target: 'es2022',
    modulePreload: false,
    cssCodeSplit: false,
    assetsInlineLimit: 1 << 20,
    rollupOptions: { input: 'report.html' },
  },
});
