/* A webview without a window: it knows its title, its page, and functions that the page calls when it runs. */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef void bound(const char *seq, const char *request, void *arg);

typedef struct {
    char title[64], page[256], scripts[256], answers[512];
    int width, height, hint, ended;
    struct { char name[32]; bound *function; void *arg; } functions[8];
    int count;
} webview;

webview *webview_create(int debug, void *window) { return calloc(1, sizeof(webview)); }
void webview_destroy(webview *it) { free(it); }
void webview_set_title(webview *it, const char *title) { snprintf(it->title, sizeof it->title, "%s", title); }
void webview_set_size(webview *it, int width, int height, int hint) {
    it->width = width, it->height = height, it->hint = hint;
}
void webview_navigate(webview *it, const char *url) { snprintf(it->page, sizeof it->page, "%s", url); }
void webview_eval(webview *it, const char *script) {
    strncat(it->scripts, script, sizeof it->scripts - strlen(it->scripts) - 1);
}
void webview_terminate(webview *it) { it->ended = 1; }

void webview_bind(webview *it, const char *name, bound *function, void *arg) {
    snprintf(it->functions[it->count].name, sizeof it->functions->name, "%s", name);
    it->functions[it->count].function = function;
    it->functions[it->count++].arg = arg;
}

void webview_unbind(webview *it, const char *name) {
    for (int i = 0; i < it->count; i++)
        if (strcmp(it->functions[i].name, name) == 0) it->functions[i].function = NULL;
}

void webview_return(webview *it, const char *seq, int status, const char *result) {
    char answer[128];
    snprintf(answer, sizeof answer, "%s: %d %s\n", seq, status, result);
    strncat(it->answers, answer, sizeof it->answers - strlen(it->answers) - 1);
}

/* The page calls each function in turn until one ends it. */
void webview_run(webview *it) {
    char seq[16], request[64];
    for (int turn = 0; !it->ended && turn < 100; turn++) {
        if (it->count == 0) return;
        int i = turn % it->count;
        if (it->functions[i].function == NULL) continue;
        snprintf(seq, sizeof seq, "%d", turn);
        snprintf(request, sizeof request, "[%d,\"%s\"]", turn, it->functions[i].name);
        it->functions[i].function(seq, request, it->functions[i].arg);
    }
}

/* What a person would see. */
const char *webview_state(webview *it) {
    static char state[2048];
    snprintf(state, sizeof state, "%s | %dx%d/%d | %s | %s\n%s", it->title, it->width, it->height, it->hint, it->page,
             it->scripts, it->answers);
    return state;
}
