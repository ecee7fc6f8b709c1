// new_project.h - `grove new [--web|--wsgi] NAME`: a project in a folder of its own.
#pragma once

#include <filesystem>
#include <string>

/// Writes the project of `templates` (a folder beside the binary, share/grove/new, new_web or new_wsgi) into
/// `parent`/`name`. A file in which `@KEY@` stands gets a random key there, and only its owner may read it.
/// @throws std::invalid_argument  a name that cannot be a plugin's and a C++ identifier, or the folder exists
/// @throws std::runtime_error     templates are missing, or a file cannot be written: then nothing stays
void write_new_project(const std::filesystem::path& templates, const std::filesystem::path& parent,
                       const std::string& name);
